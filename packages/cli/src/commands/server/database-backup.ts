import { databaseUrlOf } from '@aedile/server/lifecycle/home'
import { backupDatabase } from '@aedile/server/store/maintenance/backup-database'
import type { CliContext } from '../../cli-context.ts'
import { readServerSettings } from '../../compose/server-settings.ts'

/** Copies the database into a folder, also while the server runs. */
export async function run(context: CliContext, options: { database?: string }, folder: string): Promise<void> {
  const result = await backupDatabase(databaseUrlOf(readServerSettings(context, options)), folder)
  await context.print.result(result, () => {
    for (const file of result.files) context.print.line(file)
  })
}
