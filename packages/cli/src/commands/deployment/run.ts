import { createDeploymentFlowRun } from '@aedile/core/client/deployments'
import { formatTimestamp, nowMicroseconds, parseTimestamp } from '@aedile/core/time'
import type { CliContext } from '../../cli-context.ts'
import { findDeployment } from '../../deploy/find-deployment.ts'
import { CliFailure, EXIT_CODES } from '../../failure.ts'
import { parseAssignments, parseJsonObject } from '../../options/parse-assignments.ts'
import { parseSeconds } from '../../options/parse-options.ts'
import { watchRun } from '../../runs/watch-run.ts'

type Options = {
  param?: string[]
  params?: string
  jobVariable?: string[]
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
  const flowRun = await createDeploymentFlowRun(client, deployment.id, {
    parameters: { ...parseJsonObject('--params', options.params), ...parseAssignments('--param', options.param) },
    job_variables: parseAssignments('--job-variable', options.jobVariable),
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
