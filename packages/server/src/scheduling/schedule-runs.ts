import { uuid7 } from '@aedile/core/client/uuid7'
import { makeRandomName } from '@aedile/core/random-name'
import { flowRunPolicy } from '@aedile/core/resources/flow-run'
import { type Schedule, schedule as scheduleSchema } from '@aedile/core/resources/schedule'
import { stateDetails } from '@aedile/core/resources/state'
import { formatTimestamp, MICROSECONDS_PER_SECOND, type Microseconds, nowMicroseconds } from '@aedile/core/time'
import { insertScheduledRuns, type ScheduledRun } from '../store/record-transition.ts'
import type { Transaction } from '../store/store.ts'
import type { DeploymentScheduleTable, DeploymentTable } from '../store/tables.ts'
import { scheduleDates, zoneOf } from './schedule-dates.ts'
import { formatInZone } from './time-zone.ts'

/** How far ahead runs are made: at least so many and so long, at most so many and until then. Source: WC 4.1. */
export type Horizon = { start: Microseconds; end: Microseconds; minRuns: number; maxRuns: number; minTime: Microseconds }

export const MIN_RUNS = 3
export const MIN_TIME: Microseconds = 3600 * MICROSECONDS_PER_SECOND
const MAX_RUNS = 100
const MAX_TIME: Microseconds = 100 * 86_400 * MICROSECONDS_PER_SECOND

/** The horizon from an instant on, with the parts that are not given filled in. */
export function buildHorizon(given: Partial<Horizon> = {}): Horizon {
  const start = given.start ?? nowMicroseconds()
  return {
    start,
    end: given.end ?? start + MAX_TIME,
    minRuns: given.minRuns ?? MIN_RUNS,
    maxRuns: given.maxRuns ?? MAX_RUNS,
    minTime: given.minTime ?? MIN_TIME,
  }
}

/**
 * Makes the runs of a deployment's active schedules. A run that exists already is left as it is: its key is made of the
 * deployment, the schedule and the time, so two servers never make one twice. Answers how many are new. Source: WC 4.2.
 */
export async function scheduleRuns(
  transaction: Transaction,
  deployment: DeploymentTable,
  schedules: readonly DeploymentScheduleTable[],
  horizon: Horizon,
): Promise<number> {
  const queueName = await readQueueName(transaction, deployment)
  const runs = schedules
    .filter(({ active }) => active === 1)
    .flatMap((row) => {
      const schedule = scheduleSchema.parse(JSON.parse(row.schedule))
      return datesWithin(schedule, horizon).map((date) => buildRun(deployment, queueName, row, schedule, date))
    })
  return runs.length === 0 ? 0 : (await insertScheduledRuns(transaction, runs)).length
}

/** The times of one schedule that the horizon asks for. */
export function datesWithin(schedule: Schedule, { start, end, minRuns, maxRuns, minTime }: Horizon): Microseconds[] {
  const dates: Microseconds[] = []
  if (maxRuns < 1) return dates
  for (const date of scheduleDates(schedule, start)) {
    if (date > end) break
    dates.push(date)
    if (dates.length >= maxRuns || (dates.length >= minRuns && date >= start + minTime)) break
  }
  return dates
}

function buildRun(
  deployment: DeploymentTable,
  queueName: string | null,
  row: DeploymentScheduleTable,
  schedule: Schedule,
  date: Microseconds,
): ScheduledRun {
  const now = nowMicroseconds()
  const id = uuid7()
  const state = {
    id: uuid7(),
    timestamp: now,
    type: 'SCHEDULED',
    name: 'Scheduled',
    message: 'Flow run scheduled',
    state_details: JSON.stringify(stateDetails.parse({ scheduled_time: formatTimestamp(date) })),
    data: null,
    result_artifact_id: null,
  }
  const run = {
    id,
    created: now,
    updated: now,
    name: makeRandomName(),
    flow_id: deployment.flow_id,
    deployment_id: deployment.id,
    deployment_version: deployment.version,
    work_queue_id: deployment.work_queue_id,
    work_queue_name: queueName,
    flow_version: null,
    parameters: JSON.stringify({ ...JSON.parse(deployment.parameters), ...JSON.parse(row.parameters) }),
    idempotency_key: `scheduled ${deployment.id} ${row.id} ${formatInZone(date, zoneOf(schedule))}`,
    context: '{}',
    empirical_policy: JSON.stringify(flowRunPolicy.parse({})),
    retry_type: null,
    tags: JSON.stringify(['auto-scheduled', ...JSON.parse(deployment.tags)]),
    labels: JSON.stringify({
      ...JSON.parse(deployment.labels),
      'prefect.flow.id': deployment.flow_id,
      'prefect.deployment.id': deployment.id,
    }),
    parent_task_run_id: null,
    state_id: state.id,
    state_type: state.type,
    state_name: state.name,
    state_timestamp: state.timestamp,
    run_count: 0,
    expected_start_time: date,
    next_scheduled_start_time: date,
    start_time: null,
    end_time: null,
    total_run_time: 0,
    auto_scheduled: 1 as const,
    infrastructure_document_id: deployment.infrastructure_document_id,
    infrastructure_pid: null,
    created_by: JSON.stringify({ id: row.id, type: 'SCHEDULE', display_value: row.slug ?? classNameOf(schedule) }),
    job_variables: null,
    attempt_key: null,
    lapses: 0,
    child_heard_at: null,
    infrastructure_status: null,
  }
  return { run, state }
}

async function readQueueName({ db }: Transaction, deployment: DeploymentTable): Promise<string | null> {
  if (deployment.work_queue_id === null) return deployment.work_queue_name
  const queue = await db.selectFrom('work_queue').select('name').where('id', '=', deployment.work_queue_id).executeTakeFirst()
  return queue?.name ?? deployment.work_queue_name
}

/** The names under which genuine servers know the kinds of schedules. */
function classNameOf(schedule: Schedule): string {
  return 'cron' in schedule ? 'CronSchedule' : 'rrule' in schedule ? 'RRuleSchedule' : 'IntervalSchedule'
}
