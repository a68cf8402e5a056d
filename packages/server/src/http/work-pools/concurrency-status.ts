import { stateType } from '@aedile/core/resources/state'
import { formatTimestamp, MICROSECONDS_PER_SECOND, type Microseconds, nowMicroseconds } from '@aedile/core/time'
import { z } from 'zod'
import type { Page } from '../../store/queries/page.ts'
import type { Store } from '../../store/store.ts'
import type { WorkPoolTable, WorkQueueTable } from '../../store/tables.ts'
import { countActiveSlots } from './find-work-pool.ts'

const ACTIVE = ['PENDING', 'RUNNING'] as const

/** A run that holds a slot. */
export const slotHolder = z.object({
  id: z.string(),
  name: z.string(),
  state_type: stateType.nullable(),
  state_name: z.string().nullable(),
  start_time: z.string().nullable(),
  state_timestamp: z.string().nullable(),
  time_in_current_state: z.number().nullable(),
})
export type SlotHolder = z.output<typeof slotHolder>

/** Who holds the slots of a pool, queue by queue. Source: WC 5.1. */
export async function readPoolConcurrency(store: Store, pool: WorkPoolTable, page: Page & { page: number }, runLimit: number) {
  const queues = await store.db
    .selectFrom('work_queue')
    .selectAll()
    .where('work_pool_id', '=', pool.id)
    .orderBy('priority')
    .execute()
  const shown = queues.slice(page.offset, page.offset + page.limit)
  return {
    active_slots: (await countActiveSlots(store.db, [pool.id])).get(pool.id) ?? 0,
    concurrency_limit: pool.concurrency_limit,
    queues: await Promise.all(shown.map((queue) => toQueueStatus(store, queue, runLimit))),
    count: queues.length,
    limit: page.limit,
    pages: page.limit > 0 ? Math.ceil(queues.length / page.limit) : 0,
    page: page.page,
  }
}

/** Who holds the slots of one queue. */
export async function readQueueConcurrency(store: Store, queue: WorkQueueTable, page: Page & { page: number }) {
  const count = await countHolders(store, queue.id)
  return {
    active_slots: count,
    concurrency_limit: queue.concurrency_limit,
    flow_runs: await readHolders(store, queue.id, page),
    count,
    limit: page.limit,
    pages: page.limit > 0 ? Math.ceil(count / page.limit) : 0,
    page: page.page,
  }
}

async function toQueueStatus(store: Store, queue: WorkQueueTable, runLimit: number) {
  const count = await countHolders(store, queue.id)
  return {
    queue_id: queue.id,
    queue_name: queue.name,
    active_slots: count,
    concurrency_limit: queue.concurrency_limit,
    flow_runs: await readHolders(store, queue.id, { limit: runLimit, offset: 0 }),
    flow_run_count: count,
  }
}

async function countHolders({ db }: Store, queueId: string): Promise<number> {
  const row = await db
    .selectFrom('flow_run')
    .select(({ fn }) => fn.countAll<number | string>().as('count'))
    .where('work_queue_id', '=', queueId)
    .where('state_type', 'in', ACTIVE)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

async function readHolders({ db }: Store, queueId: string, page: Page): Promise<SlotHolder[]> {
  const rows = await db
    .selectFrom('flow_run')
    .select(['id', 'name', 'state_type', 'state_name', 'start_time', 'state_timestamp'])
    .where('work_queue_id', '=', queueId)
    .where('state_type', 'in', ACTIVE)
    .orderBy('state_timestamp')
    .orderBy('id')
    .limit(page.limit)
    .offset(page.offset)
    .execute()
  const now = nowMicroseconds()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    state_type: stateType.nullable().parse(row.state_type),
    state_name: row.state_name,
    start_time: format(row.start_time),
    state_timestamp: format(row.state_timestamp),
    time_in_current_state: row.state_timestamp === null ? null : (now - row.state_timestamp) / MICROSECONDS_PER_SECOND,
  }))
}

function format(time: Microseconds | null): string | null {
  return time === null ? null : formatTimestamp(time)
}
