import { databaseUrlOf } from '@aedile/server/lifecycle/home'
import { readServerStatus } from '@aedile/server/lifecycle/pid-file'
import { resetDatabase } from '@aedile/server/store/maintenance/reset-database'
import type { CliContext } from '../../cli-context.ts'
import { readServerSettings } from '../../compose/server-settings.ts'
import { CliFailure } from '../../failure.ts'
import { confirmDeletion } from '../../options/confirm.ts'

/** Deletes everything in the database. */
export async function run(context: CliContext, options: { database?: string; yes?: boolean }): Promise<void> {
  const status = await readServerStatus(context.sources.home)
  if (status.running) throw new CliFailure(`The server runs (process ${status.server.pid}). Stop it first: aedile server stop`)
  const url = databaseUrlOf(readServerSettings(context, options))
  await confirmDeletion(options.yes, 'Delete all flows, runs, deployments and logs of the database?')
  const result = await resetDatabase(url)
  await context.print.result(result, () => context.print.line(`${result.database} is empty now.`))
}
