import { deleteProfile } from '@aedile/core/settings/profiles'
import type { CliContext } from '../../cli-context.ts'
import { changeProfiles } from './change.ts'

/** `aedile profile delete` */
export async function run(context: CliContext, _: unknown, name: string): Promise<void> {
  await changeProfiles(context, (all) => deleteProfile(all, name), `Removed profile ${name}.`)
}
