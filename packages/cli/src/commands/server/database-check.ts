import { databaseUrlOf } from '@aedile/server/lifecycle/home'
import { checkDatabase } from '@aedile/server/store/maintenance/check-database'
import type { CliContext } from '../../cli-context.ts'
import { readServerSettings } from '../../compose/server-settings.ts'
import { EXIT_CODES } from '../../failure.ts'

/** Checks the database; exit code 1 when something is wrong. */
export async function run(context: CliContext, options: { database?: string }): Promise<void> {
  const { print } = context
  const report = await checkDatabase(databaseUrlOf(readServerSettings(context, options)))
  if (!report.ok) process.exitCode = EXIT_CODES.failed.code
  await print.result(report, () =>
    print.table(
      ['Check', '', 'Detail'],
      report.findings.map(({ check, ok, detail }) => [check, ok ? print.color.green('ok') : print.color.red('wrong'), detail]),
      'Nothing to check.',
    ),
  )
}
