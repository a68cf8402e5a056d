import { createDeploymentFlowRun } from '@aedile/core/client/deployments'
import { readWorkPool } from '@aedile/core/client/work-pools'
import type { JsonObject } from '@aedile/core/json'
import type { Deployment } from '@aedile/core/resources/deployment'
import { formatTimestamp, nowMicroseconds, parseTimestamp } from '@aedile/core/time'
import type { CliContext } from '../../cli-context.ts'
import { findDeployment } from '../../deploy/find-deployment.ts'
import { checkJobVariables } from '../../deploy/job-variables.ts'
import { CliFailure, EXIT_CODES } from '../../failure.ts'
import { parseAssignments, parseJsonObject } from '../../options/parse-assignments.ts'
import { parseSeconds } from '../../options/parse-options.ts'
import { watchRun } from '../../runs/watch-run.ts'

type Options = {
  param?: string[]
  params?: string
  jobVariable?: string[]
  allowUnknownVariables?: boolean
  startAt?: string
  startIn?: string
  name?: string
  tag?: string[]
  watch?: boolean
}

/** Creates a run of a deployment, and watches it when asked. */
export async function run(context: CliContext, options: Options, name: string): Promise<void> {
  const { client, print } = context
  const scheduled = scheduledTime(options)
  const deployment = await findDeployment(client, name)
  const jobVariables = parseAssignments('--job-variable', options.jobVariable)
  await checkAgainstPool(context, deployment, jobVariables, options)
  const flowRun = await createDeploymentFlowRun(client, deployment.id, {
    parameters: { ...parseJsonObject('--params', options.params), ...parseAssignments('--param', options.param) },
    job_variables: jobVariables,
    tags: options.tag ?? [],
    ...(options.name === undefined ? {} : { name: options.name }),
    state: { type: 'SCHEDULED', state_details: { scheduled_time: scheduled } },
    idempotency_key: crypto.randomUUID(),
  })
  print.line(`Created flow run ${print.color.bold(flowRun.name)} (${flowRun.id})`)
  const ended = options.watch ? await watchRun(context, flowRun.id) : flowRun
  await print.result(ended, () => {
    if (!options.watch) print.line(`Follow it: aedile flow-run logs ${flowRun.id} --follow`)
  })
}

/** Before anything is made: a server takes a misspelt job variable in silence. */
async function checkAgainstPool(
  { client, print }: CliContext,
  { name, work_pool_name }: Deployment,
  variables: JsonObject,
  { allowUnknownVariables: allowUnknown }: Options,
): Promise<void> {
  if (work_pool_name === null || Object.keys(variables).length === 0) return
  const pool = await readWorkPool(client, work_pool_name)
  for (const warning of checkJobVariables(variables, pool, { where: name, allowUnknown })) print.note(warning)
}

function scheduledTime({ startAt, startIn }: Options): string {
  if (startAt !== undefined && startIn !== undefined)
    throw new CliFailure('Give --start-at or --start-in, not both.', EXIT_CODES.usage.code)
  if (startAt === undefined)
    return formatTimestamp(nowMicroseconds() + Math.round((parseSeconds('--start-in', startIn) ?? 0) * 1e6))
  const time = parseTimestamp(startAt)
  if (time === null)
    throw new CliFailure(`--start-at takes a time in ISO 8601, found ${JSON.stringify(startAt)}.`, EXIT_CODES.usage.code)
  return formatTimestamp(time)
}
