import { applyProfile } from '@aedile/core/settings/profiles'
import type { CliContext } from '../../cli-context.ts'
import { changeProfiles } from './change.ts'

/** `aedile profile use` */
export async function run(context: CliContext, _: unknown, name: string): Promise<void> {
  await changeProfiles(context, (all) => applyProfile(all, name), `Profile ${name} is active now.`)
}
