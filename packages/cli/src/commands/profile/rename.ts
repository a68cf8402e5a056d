import { renameProfile } from '@aedile/core/settings/profiles'
import type { CliContext } from '../../cli-context.ts'
import { changeProfiles } from './change.ts'

/** `aedile profile rename` */
export async function run(context: CliContext, _: unknown, name: string, newName: string): Promise<void> {
  await changeProfiles(context, (all) => renameProfile(all, name, newName), `Profile ${name} is called ${newName} now.`)
}
