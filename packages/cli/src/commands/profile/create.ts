import { createProfile } from '@aedile/core/settings/profiles'
import type { CliContext } from '../../cli-context.ts'
import { changeProfiles } from './change.ts'

/** `aedile profile create` */
export async function run(context: CliContext, options: { from?: string }, name: string): Promise<void> {
  await changeProfiles(
    context,
    (all) => createProfile(all, name, options.from),
    `Made profile ${name}. Use it: aedile profile use ${name}`,
  )
}
