import { readProfiles } from '@aedile/core/settings/node'
import { listProfiles } from '@aedile/core/settings/profiles'
import type { CliContext } from '../../cli-context.ts'

/** Lists the profiles. */
export async function run({ print, sources }: CliContext): Promise<void> {
  const profiles = listProfiles(readProfiles(sources.home))
  await print.result(profiles, () => {
    for (const { name, isActive } of profiles) print.line(isActive ? `* ${print.color.bold(name)}` : `  ${name}`)
  })
}
