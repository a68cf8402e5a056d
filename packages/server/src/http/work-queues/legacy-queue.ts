import type { FlowRun } from '@aedile/core/resources/flow-run'
import { parseTimestamp } from '@aedile/core/time'
import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { selectScheduledRuns } from '../../dispatch/scheduled-runs.ts'
import { isPolledLately } from '../../resource-events/readiness.ts'
import type { Store } from '../../store/store.ts'
import type { Database, WorkPoolTable, WorkQueueTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { presentFlowRun } from '../flow-runs/present.ts'
import { recordPoll } from '../flow-runs/record-poll.ts'
import { selectFlowRuns } from '../flow-runs/select.ts'
import { HttpError } from '../route.ts'

/** A queue and its pool, by the queue's id. @throws HttpError 404 when there is none. */
export async function findQueueById(
  db: Kysely<Database>,
  id: string,
  detail = 'Work Queue not found.',
): Promise<{ queue: WorkQueueTable; pool: WorkPoolTable }> {
  const queue = await db.selectFrom('work_queue').selectAll().where('id', '=', id).executeTakeFirst()
  if (!queue) throw new HttpError(404, detail)
  const pool = await db.selectFrom('work_pool').selectAll().where('id', '=', queue.work_pool_id).executeTakeFirstOrThrow()
  return { queue, pool }
}

/** A reading of the web UI is no poll. */
export function recordRequestAsPoll(workspace: Workspace, request: FastifyRequest, queue: WorkQueueTable): void {
  if (request.headers['x-prefect-ui'] !== undefined) return
  void recordPoll(workspace, [queue])
}

/** The runs of one queue that are due, with their states. */
export async function readPolledRuns(
  store: Store,
  { queue, pool }: { queue: WorkQueueTable; pool: WorkPoolTable },
  asked: { limit: number; scheduledBefore?: string },
): Promise<FlowRun[]> {
  const due = await selectScheduledRuns(store, {
    pool,
    queues: [queue],
    scheduledBefore: parseTimestamp(asked.scheduledBefore),
    limit: asked.limit,
  })
  if (due.length === 0) return []
  const ids = due.map(({ id }) => id)
  const rows = await selectFlowRuns(store.db).where('flow_run.id', 'in', ids).execute()
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => byId.get(id) ?? []).map((row) => presentFlowRun(row))
}

/** A queue is healthy while it is polled and none of its runs is late. */
export async function readQueueHealth(store: Store, queue: WorkQueueTable): Promise<{ healthy: boolean; lateRuns: number }> {
  const row = await store.db
    .selectFrom('flow_run')
    .select(({ fn }) => fn.countAll<number | string>().as('count'))
    .where('work_queue_id', '=', queue.id)
    .where('state_type', '=', 'SCHEDULED')
    .where('state_name', '=', 'Late')
    .executeTakeFirstOrThrow()
  const lateRuns = Number(row.count)
  return { healthy: isPolledLately(queue.last_polled) && lateRuns === 0, lateRuns }
}
