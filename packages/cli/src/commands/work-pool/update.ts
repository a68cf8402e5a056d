import type { WorkPoolUpdate } from '@aedile/core/resources/work-pool'
import type { CliContext } from '../../cli-context.ts'
import { CliFailure, EXIT_CODES } from '../../failure.ts'
import { parseCount } from '../../options/parse-options.ts'
import { readJsonFile } from '../../options/read-json-file.ts'
import { acceptTemplate } from '../../templates/accept-template.ts'
import { changeWorkPool } from './change.ts'

/** Changes what the options name. */
export async function run(
  context: CliContext,
  options: { baseJobTemplate?: string; description?: string; concurrencyLimit?: string; lint?: boolean },
  name: string,
): Promise<void> {
  const limit = parseCount('--concurrency-limit', options.concurrencyLimit)
  const template = options.baseJobTemplate === undefined ? null : readJsonFile(options.baseJobTemplate, 'base job template')
  const linting = template === null ? {} : acceptTemplate(context, template, options)
  const changes: WorkPoolUpdate = {
    ...(template === null ? {} : { base_job_template: template }),
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(limit === undefined ? {} : { concurrency_limit: limit }),
  }
  if (Object.keys(changes).length === 0)
    throw new CliFailure('Nothing to change. Name an option; see --help.', EXIT_CODES.usage.code)
  await changeWorkPool(context, name, changes, `Updated work pool ${name}.`, linting)
}
