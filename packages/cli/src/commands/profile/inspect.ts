import { readProfiles } from '@aedile/core/settings/node'
import { inspectProfile } from '@aedile/core/settings/profiles'
import { findSetting } from '@aedile/core/settings/read'
import type { CliContext } from '../../cli-context.ts'
import { allSettings } from '../../setting-groups.ts'

/** Shows the values of a profile, secrets masked. */
export async function run({ print, sources }: CliContext, _: unknown, name: string = sources.profileName): Promise<void> {
  const values = Object.entries(inspectProfile(readProfiles(sources.home), name)).map(
    ([key, value]) => [key, isSecret(key) ? '********' : value] as const,
  )
  await print.result({ name, values: Object.fromEntries(values) }, () =>
    print.table(
      ['Setting', 'Value'],
      values.map((row) => [...row]),
      `Profile ${name} sets nothing.`,
    ),
  )
}

function isSecret(name: string): boolean {
  try {
    return findSetting(allSettings(), name).secret === true
  } catch {
    // A PREFECT_* setting that has no counterpart here.
    return /KEY|SECRET|PASSWORD|AUTH/.test(name)
  }
}
