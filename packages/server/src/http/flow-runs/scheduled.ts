import type { FlowRun, WorkerFlowRun } from '@aedile/core/resources/flow-run'
import { type Microseconds, nowMicroseconds, parseTimestamp } from '@aedile/core/time'
import { selectScheduledRuns, selectScheduledRunsOfDeployments } from '../../dispatch/scheduled-runs.ts'
import type { Store } from '../../store/store.ts'
import type { Workspace } from '../../workspace.ts'
import { HttpError } from '../route.ts'
import { presentFlowRun, presentWorkerFlowRun } from './present.ts'
import { recordDeploymentPoll, recordPoll } from './record-poll.ts'
import { selectFlowRuns } from './select.ts'

/** The body of a worker's poll. */
type WorkPoolPoll = {
  work_queue_names?: readonly string[] | null | undefined
  scheduled_before?: string | null | undefined
  scheduled_after?: string | null | undefined
  limit?: number | null | undefined
}

/** Answers `POST /work_pools/{name}/get_scheduled_flow_runs`. 404 for an unknown pool or queue. Source: WC 5.5. */
export async function answerWorkPoolPoll(workspace: Workspace, poolName: string, body: WorkPoolPoll): Promise<WorkerFlowRun[]> {
  const { store } = workspace
  const { pool, queues } = await readPoolAndQueues(store, poolName, body.work_queue_names ?? [])
  const runs = await selectScheduledRuns(store, {
    pool,
    queues,
    scheduledBefore: toTime(body.scheduled_before),
    scheduledAfter: toTime(body.scheduled_after),
    limit: body.limit ?? null,
  })
  void recordPoll(workspace, queues)
  const now = nowMicroseconds()
  return runs.map((run) => presentWorkerFlowRun(run, pool.id, now))
}

/** The body of a runner's poll. */
type DeploymentPoll = {
  deployment_ids: readonly string[]
  scheduled_before?: string | null | undefined
  limit?: number | null | undefined
}

/** Answers `POST /deployments/get_scheduled_flow_runs`: the runs with their states. */
export async function answerDeploymentPoll(workspace: Workspace, body: DeploymentPoll): Promise<FlowRun[]> {
  const { store } = workspace
  const ids = await selectScheduledRunsOfDeployments(store, {
    deploymentIds: body.deployment_ids,
    scheduledBefore: toTime(body.scheduled_before),
    limit: body.limit ?? null,
  })
  void recordDeploymentPoll(workspace, body.deployment_ids)
  if (ids.length === 0) return []
  const rows = await selectFlowRuns(store.db).where('flow_run.id', 'in', ids).execute()
  const byId = new Map(rows.map((row) => [row.id, row]))
  const now = nowMicroseconds()
  return ids.flatMap((id) => byId.get(id) ?? []).map((row) => presentFlowRun(row, now))
}

async function readPoolAndQueues({ db }: Store, poolName: string, names: readonly string[]) {
  const ofName = db.selectFrom('work_pool').where('name', '=', poolName)
  // Side by side, so that they take one trip of Postgres.
  const [pool, queues] = await Promise.all([
    ofName.select(['id', 'is_paused', 'concurrency_limit']).executeTakeFirst(),
    db.selectFrom('work_queue').select(QUEUE_COLUMNS).where('work_pool_id', '=', ofName.select('id')).execute(),
  ])
  if (pool === undefined) throw new HttpError(404, `Work pool "${poolName}" not found.`)
  if (names.length === 0) return { pool, queues }
  const named = names.map((name) => {
    const queue = queues.find((candidate) => candidate.name === name)
    if (queue === undefined) throw new HttpError(404, `Work pool queue '${poolName}/${name}' not found.`)
    return queue
  })
  return { pool, queues: named }
}

const QUEUE_COLUMNS = ['id', 'name', 'is_paused', 'concurrency_limit', 'priority', 'last_polled', 'status'] as const

const toTime = (text: string | null | undefined): Microseconds | null => (text == null ? null : parseTimestamp(text))
