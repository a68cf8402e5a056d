import { databaseUrlOf } from '@aedile/server/lifecycle/home'
import { upgradeDatabase } from '@aedile/server/store/maintenance/upgrade-database'
import type { CliContext } from '../../cli-context.ts'
import { readServerSettings } from '../../compose/server-settings.ts'

/** Brings the database to the version of this aedile. */
export async function run(context: CliContext, options: { database?: string }): Promise<void> {
  const result = await upgradeDatabase(databaseUrlOf(readServerSettings(context, options)))
  await context.print.result(result, () => {
    if (result.from === result.to) context.print.line(`${result.database} is at version ${result.to} already.`)
    else context.print.line(`${result.database}: from version ${result.from} to ${result.to}.`)
  })
}
