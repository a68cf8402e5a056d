import { clientSettings } from '@aedile/core/settings/client'
import { exportSettings } from '@aedile/core/settings/export'
import { loadFlow } from '@aedile/sdk/execute/load-flow'
import { FLOW, type Flow } from '@aedile/sdk/flow'
import { buildParameterSchema } from '@aedile/sdk/parameters/parameter-schema'
import type { CliContext } from '../../cli-context.ts'
import { checkParameters } from '../../deploy/check-parameters.ts'
import { CliFailure, EXIT_CODES } from '../../failure.ts'
import { parseAssignments } from '../../options/parse-assignments.ts'
import { parseCount } from '../../options/parse-options.ts'
import { readScheduleOptions, type ScheduleOptions } from '../../options/schedule-options.ts'

type Options = ScheduleOptions & { name: string; param?: string[]; tag?: string[]; limit?: string }

/** Serves a flow from this process: its runs are executed here, until a signal ends it. */
export async function run(context: CliContext, options: Options, entrypoint: string): Promise<void> {
  const limit = parseCount('--limit', options.limit)
  if (limit === 0) throw new CliFailure('--limit takes a number above 0.', EXIT_CODES.usage.code)
  const schedule = readScheduleOptions(options)
  const parameters = parseAssignments('--param', options.param)
  const flow = (await loadFlow(entrypoint, process.cwd())) as unknown as Flow<object, unknown>
  checkParameters(parameters, await buildParameterSchema(flow[FLOW].definition.schema), `${flow.name}/${options.name}`)
  // The SDK reads the environment only: what a profile or --api-url says goes there, and on to the runs.
  Object.assign(process.env, exportSettings(clientSettings, context.sources), { AEDILE_API_URL: context.apiUrl })
  await flow.serve({
    name: options.name,
    entrypoint,
    parameters,
    ...(schedule ? { schedule: toServed(schedule) } : {}),
    ...(options.tag ? { tags: options.tag } : {}),
    ...(limit === undefined ? {} : { limit }),
  })
  // What the flow's file left open must not hold a process that is done.
  process.exit(process.exitCode ?? 0)
}

type Served = NonNullable<NonNullable<Parameters<Flow<object, unknown>['serve']>[0]>['schedule']>

function toServed(schedule: NonNullable<ReturnType<typeof readScheduleOptions>>): Served {
  const zone = schedule.timezone ? { timezone: schedule.timezone } : {}
  if ('cron' in schedule) return { cron: schedule.cron, ...zone }
  if ('rrule' in schedule) return { rrule: schedule.rrule, ...zone }
  const { interval, anchor_date: anchorDate } = schedule
  return { interval, ...(anchorDate === undefined ? {} : { anchorDate }), ...zone }
}
