import { readProfiles } from '@aedile/core/settings/node'
import { validateProfile } from '@aedile/core/settings/profiles'
import { readSettings } from '@aedile/core/settings/read'
import type { CliContext } from '../../cli-context.ts'
import { allSettings } from '../../setting-groups.ts'

/** Checks every profile and the environment. Unknown names of the environment were refused before this runs. */
export async function run({ print, sources }: CliContext): Promise<void> {
  for (const group of allSettings()) readSettings(group, sources)
  const { profiles } = readProfiles(sources.home)
  for (const profile of Object.values(profiles)) validateProfile(profile, allSettings())
  await print.result({ valid: true, profiles: Object.keys(profiles) }, () =>
    print.line('All settings are known and of the right form.'),
  )
}
