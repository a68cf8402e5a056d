import type { ApiClient } from '@aedile/core/client/client'
import { createWorkPool, readWorkPool, updateWorkPool } from '@aedile/core/client/work-pools'
import { isAedileError } from '@aedile/core/errors'
import type { JsonObject } from '@aedile/core/json'
import type { WorkPool, WorkPoolCreate } from '@aedile/core/resources/work-pool'
import type { CliContext } from '../../cli-context.ts'
import { findInfrastructures, loadDefinition } from '../../compose/infrastructures.ts'
import { CliFailure, EXIT_CODES } from '../../failure.ts'
import { parseCount } from '../../options/parse-options.ts'
import { readJsonFile } from '../../options/read-json-file.ts'
import { acceptTemplate } from '../../templates/accept-template.ts'
import { namedTemplate } from '../../templates/named-template.ts'

type Options = {
  type: string
  baseJobTemplate?: string
  description?: string
  concurrencyLimit?: string
  paused?: boolean
  overwrite?: boolean
  template?: string
  lint?: boolean
}

/** Creates a work pool; with `--overwrite` updates the one of that name. */
export async function run(context: CliContext, options: Options, name: string): Promise<void> {
  const { client, print } = context
  const template = await chooseTemplate(context, options)
  const linting = acceptTemplate(context, template, options)
  const body = {
    base_job_template: template,
    description: options.description ?? null,
    is_paused: options.paused ?? false,
    concurrency_limit: parseCount('--concurrency-limit', options.concurrencyLimit) ?? null,
  }
  const overwrite = options.overwrite === true
  const pool = await createOrUpdate(client, { name, type: options.type, ...body }, { overwrite, ...linting })
  await print.result(pool, () => {
    print.line(`Work pool ${print.color.bold(pool.name)} of type ${pool.type} (${pool.status ?? 'without status'})`)
    print.line(`Start a worker for it: aedile worker start --pool ${pool.name}`)
  })
}

type Saving = { overwrite: boolean; lint: 'strict' | 'warn' }

async function createOrUpdate(client: ApiClient, wanted: WorkPoolCreate, { overwrite, lint }: Saving): Promise<WorkPool> {
  const { name, type, ...changes } = wanted
  try {
    return await createWorkPool(client, wanted, { lint })
  } catch (error) {
    if (!isAedileError(error, 'api_conflict')) throw error
    if (!overwrite) throw new CliFailure(`There is a work pool ${name} already. Add --overwrite to update it.`)
    const existing = await readWorkPool(client, name)
    if (existing.type !== type) {
      throw new CliFailure(
        `Work pool ${name} is of type ${existing.type}, and the type of a pool cannot be changed. Delete it first.`,
      )
    }
    await updateWorkPool(client, name, changes, { lint })
    return readWorkPool(client, name)
  }
}

async function chooseTemplate(context: CliContext, { type, baseJobTemplate, template }: Options): Promise<JsonObject> {
  if (baseJobTemplate !== undefined && template !== undefined)
    throw new CliFailure('Give --base-job-template or --template, not both.', EXIT_CODES.usage.code)
  if (baseJobTemplate !== undefined) return readJsonFile(baseJobTemplate, 'base job template')
  const definition = await loadDefinition(findInfrastructures(context.infrastructures), type)
  return namedTemplate(definition, template ?? 'default')
}
