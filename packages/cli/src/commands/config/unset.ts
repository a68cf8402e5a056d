import { readProfiles, writeProfiles } from '@aedile/core/settings/node'
import { unsetValues } from '@aedile/core/settings/profiles'
import type { CliContext } from '../../cli-context.ts'
import { allSettings } from '../../setting-groups.ts'

/** Removes values of the active profile. */
export async function run({ print, sources }: CliContext, _: unknown, names: string[]): Promise<void> {
  writeProfiles(sources.home, unsetValues(readProfiles(sources.home), sources.profileName, names, allSettings()))
  await print.result({ profile: sources.profileName, unset: names }, () =>
    print.line(`Removed ${names.join(', ')} from profile ${sources.profileName}.`),
  )
}
