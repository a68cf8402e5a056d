import type { Kysely } from 'kysely'
import type { Database, WorkPoolTable, WorkQueueTable } from '../../store/tables.ts'
import { HttpError } from '../route.ts'

/** Pools whose name begins so belong to the server. */
export function isReservedPoolName(name: string): boolean {
  return name.toLowerCase().startsWith('prefect')
}

/** The pool of a name. @throws HttpError 404 when there is none. */
export async function findWorkPool(db: Kysely<Database>, name: string): Promise<WorkPoolTable> {
  const row = await db.selectFrom('work_pool').selectAll().where('name', '=', name).executeTakeFirst()
  if (!row) throw new HttpError(404, `Work pool "${name}" not found.`)
  return row
}

/** The queue of a name in a pool. @throws HttpError 404 when there is none. */
export async function findPoolQueue(db: Kysely<Database>, pool: WorkPoolTable, name: string): Promise<WorkQueueTable> {
  const row = await db
    .selectFrom('work_queue')
    .selectAll()
    .where('work_pool_id', '=', pool.id)
    .where('name', '=', name)
    .executeTakeFirst()
  if (!row) throw new HttpError(404, `Work pool queue '${pool.name}/${name}' not found.`)
  return row
}

/** How many runs are Pending or Running in each of these pools, by pool id. */
export async function countActiveSlots(db: Kysely<Database>, poolIds: readonly string[]): Promise<Map<string, number>> {
  if (poolIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('flow_run')
    .innerJoin('work_queue', 'work_queue.id', 'flow_run.work_queue_id')
    .select(({ fn }) => ['work_queue.work_pool_id as pool', fn.countAll<number | string>().as('count')])
    .where('work_queue.work_pool_id', 'in', [...poolIds])
    .where('flow_run.state_type', 'in', ['PENDING', 'RUNNING'])
    .groupBy('work_queue.work_pool_id')
    .execute()
  return new Map(rows.map(({ pool, count }) => [pool, Number(count)]))
}
