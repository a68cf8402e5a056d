import type { Microseconds } from '@aedile/core/time'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Store } from '../store/store.ts'
import type { Database, FlowRunTable, WorkPoolTable, WorkQueueTable } from '../store/tables.ts'

/** What one poll answers at most. */
const MOST_RUNS = 200
/** As many queues are asked in one statement; SQLite bounds the parts of a compound one. */
const QUEUES_PER_STATEMENT = 100

type PolledQueue = Pick<WorkQueueTable, 'id' | 'is_paused' | 'concurrency_limit' | 'priority'>

type Poll = {
  pool: Pick<WorkPoolTable, 'id' | 'is_paused' | 'concurrency_limit'>
  /** The queues that the worker serves; all of them belong to the pool. */
  queues: readonly PolledQueue[]
  scheduledBefore?: Microseconds | null
  scheduledAfter?: Microseconds | null
  limit?: number | null
  /** Without runs whose deployment has no free slot: they would only be refused. */
  withoutBlocked?: boolean
}

/** What is needed of a due run to tell a worker of it. */
export type DueRun = { id: string; state_id: string; work_queue_id: string }

/** The rows of the runs that are due in a pool, as a poll is answered. */
export function selectScheduledRuns(store: Store, poll: Poll): Promise<FlowRunTable[]> {
  return collectDue(store, poll, (due) => {
    const rows = sql<FlowRunTable>`select flow_run.* from (${due}) as found join flow_run on flow_run.id = found.id
      order by found.priority, found.due, found.id`
    return rows.execute(store.db)
  })
}

/**
 * The runs that are due in a pool: by priority of their queues, then by time, within the limits of queues and pool. They
 * are only shown; Pending is the claim. Each queue is read along its index, and only as far as its limit goes.
 * Source: WC 5.5.
 */
export function selectDueRuns(store: Store, poll: Poll): Promise<DueRun[]> {
  return collectDue(store, poll, (due) => due.execute(store.db))
}

async function collectDue<Row>(
  store: Store,
  poll: Poll,
  read: (due: RawBuilder<DueRun>) => Promise<{ rows: Row[] }>,
): Promise<Row[]> {
  const asked = Math.min(poll.limit ?? MOST_RUNS, MOST_RUNS)
  if (poll.pool.is_paused === 1 || asked <= 0) return []
  const room = await measureRoom(store.db, poll)
  const most = Math.min(asked, room.pool)
  const open = poll.queues
    .filter((queue) => queue.is_paused === 0 && room.ofQueue(queue) > 0)
    .sort((a, b) => a.priority - b.priority)
  const found: Row[] = []
  for (let start = 0; start < open.length && found.length < most; start += QUEUES_PER_STATEMENT) {
    const part = open.slice(start, start + QUEUES_PER_STATEMENT)
    const left = most - found.length
    const { rows } = await read(selectDue(poll, part, left, (queue) => Math.min(left, room.ofQueue(queue))))
    found.push(...rows)
  }
  return found
}

type Room = { pool: number; ofQueue(queue: PolledQueue): number }

/** How many runs fit: limits less the runs that are pending or running. Counted only where there is a limit. */
async function measureRoom(db: Kysely<Database>, { pool, queues }: Poll): Promise<Room> {
  const limited = queues.some((queue) => queue.concurrency_limit !== null)
  if (pool.concurrency_limit === null && !limited) return { pool: Infinity, ofQueue: () => Infinity }
  const rows = await db
    .selectFrom('work_queue')
    .innerJoin('flow_run', 'flow_run.work_queue_id', 'work_queue.id')
    .select(['work_queue.id', 'work_queue.is_paused', ({ fn }) => fn.countAll<number>().as('busy')])
    .where('work_queue.work_pool_id', '=', pool.id)
    .where('flow_run.state_type', 'in', ['PENDING', 'RUNNING'])
    .groupBy(['work_queue.id', 'work_queue.is_paused'])
    .execute()
  const busy = new Map(rows.map((row) => [row.id, Number(row.busy)]))
  const busyInPool = rows.filter((row) => row.is_paused === 0).reduce((sum, row) => sum + Number(row.busy), 0)
  return {
    pool: pool.concurrency_limit === null ? Infinity : Math.max(0, pool.concurrency_limit - busyInPool),
    ofQueue: ({ id, concurrency_limit }) =>
      concurrency_limit === null ? Infinity : Math.max(0, concurrency_limit - (busy.get(id) ?? 0)),
  }
}

/** A full limit that cancels what comes is none to wait for: the claim says so. */
const NOT_BLOCKED = sql` and (deployment_id is null or deployment_id not in (
  select deployment.id from concurrency_limit join deployment on deployment.concurrency_limit_id = concurrency_limit.id
  where concurrency_limit.active = 1 and concurrency_limit.active_slots >= concurrency_limit."limit"
    and coalesce(cast(deployment.concurrency_options as text), '') not like '%CANCEL_NEW%'))`

/** Due runs in order: one statement, in which every queue has a part of its own that ends at its limit. */
function selectDue(
  { scheduledBefore, scheduledAfter, withoutBlocked }: Poll,
  queues: readonly PolledQueue[],
  most: number,
  limitOf: (queue: PolledQueue) => number,
): RawBuilder<DueRun> {
  const before = scheduledBefore == null ? sql`` : sql` and next_scheduled_start_time <= ${scheduledBefore}`
  const after = scheduledAfter == null ? sql`` : sql` and next_scheduled_start_time >= ${scheduledAfter}`
  const parts = queues.map(
    (queue) => sql`select * from (
      select id, state_id, work_queue_id, next_scheduled_start_time as due, ${sql.lit(queue.priority)} as priority from flow_run
      where work_queue_id = ${queue.id} and state_type = 'SCHEDULED' and (retry_type is null or retry_type <> 'in_process')${before}${after}${withoutBlocked ? NOT_BLOCKED : sql``}
      order by next_scheduled_start_time, id limit ${sql.lit(limitOf(queue))}) as queue_part`,
  )
  return sql<DueRun>`select id, state_id, work_queue_id, priority, due from (${sql.join(parts, sql` union all `)}) as due_runs
    order by priority, due, id limit ${sql.lit(most)}`
}

/** When the next run of a pool becomes due after `now`; null when none is scheduled. */
export async function readNextDue(store: Store, poolId: string, now: Microseconds): Promise<Microseconds | null> {
  const queues = await store.db.selectFrom('work_queue').select('id').where('work_pool_id', '=', poolId).execute()
  let next: Microseconds | null = null
  for (let start = 0; start < queues.length; start += QUEUES_PER_STATEMENT) {
    const parts = queues.slice(start, start + QUEUES_PER_STATEMENT).map(
      ({ id }) => sql`select * from (select next_scheduled_start_time as due from flow_run
        where work_queue_id = ${id} and state_type = 'SCHEDULED' and (retry_type is null or retry_type <> 'in_process')
          and next_scheduled_start_time > ${now}
        order by next_scheduled_start_time limit 1) as queue_part`,
    )
    const statement = sql<{
      due: Microseconds
    }>`select min(due) as due from (${sql.join(parts, sql` union all `)}) as queue_parts`
    const due = (await statement.execute(store.db)).rows[0]?.due ?? null
    if (due !== null && (next === null || due < next)) next = due
  }
  return next
}

/**
 * The ids of due runs of deployments, by time, as a runner that serves them asks: no limits of pool or queue, and also
 * runs that are tried again in their process. Source: WC 5.5.
 */
export async function selectScheduledRunsOfDeployments(
  store: Store,
  asked: { deploymentIds: readonly string[]; scheduledBefore?: Microseconds | null; limit?: number | null },
): Promise<string[]> {
  if (asked.deploymentIds.length === 0) return []
  let query = store.db
    .selectFrom('flow_run')
    .select('id')
    .where('deployment_id', 'in', [...asked.deploymentIds])
    .where(sql<boolean>`state_type = 'SCHEDULED'`)
    .orderBy('next_scheduled_start_time')
    .orderBy('id')
    .limit(Math.min(asked.limit ?? MOST_RUNS, MOST_RUNS))
  if (asked.scheduledBefore != null) query = query.where('next_scheduled_start_time', '<=', asked.scheduledBefore)
  return (await query.execute()).map((row) => row.id)
}
