import { readProfiles, writeProfiles } from '@aedile/core/settings/node'
import type { Profiles } from '@aedile/core/settings/profiles'
import type { CliContext } from '../../cli-context.ts'

/** Changes the profiles file and says so. */
export async function changeProfiles(
  { print, sources }: CliContext,
  change: (all: Profiles) => Profiles,
  done: string,
): Promise<void> {
  const changed = change(readProfiles(sources.home))
  writeProfiles(sources.home, changed)
  await print.result({ active: changed.active, profiles: Object.keys(changed.profiles) }, () => print.line(done))
}
