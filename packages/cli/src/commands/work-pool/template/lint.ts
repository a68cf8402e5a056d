import { existsSync } from 'node:fs'
import { readWorkPool } from '@aedile/core/client/work-pools'
import type { JsonObject } from '@aedile/core/json'
import { dropNumberSources } from '@aedile/core/python-text'
import { lintTemplate } from '@aedile/core/templates/lint'
import type { CliContext } from '../../../cli-context.ts'
import { CliFailure } from '../../../failure.ts'
import { readJsonFile } from '../../../options/read-json-file.ts'

/** Says what is wrong with the template of a pool or a file. A file needs no server. */
export async function run(context: CliContext, _: unknown, given: string): Promise<void> {
  const { print } = context
  const findings = lintTemplate(dropNumberSources(await readTemplate(context, given)) as JsonObject)
  await print.result(findings, () =>
    print.table(
      ['Severity', 'Where', 'What'],
      findings.map(({ severity, pointer, message }) => [severity, pointer || '/', message]),
      `${given} is clean.`,
    ),
  )
  if (findings.length === 0) return
  throw new CliFailure(`${given} is not clean: ${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}.`)
}

/** What looks like a path is a file; a pool's name has no slash, and may be that of a file by accident. */
async function readTemplate({ client }: CliContext, given: string): Promise<JsonObject> {
  const isFile = /[/\\]|\.json$/.test(given) && existsSync(given)
  if (isFile) return readJsonFile(given, 'base job template')
  return (await readWorkPool(client, given)).base_job_template
}
