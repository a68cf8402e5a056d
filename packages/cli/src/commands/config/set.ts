import { readProfiles, writeProfiles } from '@aedile/core/settings/node'
import { setValues } from '@aedile/core/settings/profiles'
import type { CliContext } from '../../cli-context.ts'
import { CliFailure, EXIT_CODES } from '../../failure.ts'
import { allSettings } from '../../setting-groups.ts'

/** Sets values of the active profile; none when one is wrong. */
export async function run({ print, sources }: CliContext, _: unknown, assignments: string[]): Promise<void> {
  const values = Object.fromEntries(assignments.map(parseAssignment))
  writeProfiles(sources.home, setValues(readProfiles(sources.home), sources.profileName, values, allSettings()))
  await print.result({ profile: sources.profileName, set: Object.keys(values) }, () => {
    for (const name of Object.keys(values)) print.line(`Set ${name} in profile ${sources.profileName}.`)
  })
}

function parseAssignment(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new CliFailure(`Expected NAME=VALUE, found ${JSON.stringify(text)}.`, EXIT_CODES.usage.code)
}
