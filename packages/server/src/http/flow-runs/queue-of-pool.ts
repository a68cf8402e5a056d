import type { Transaction } from '../../store/store.ts'
import { HttpError } from '../route.ts'

/** The queue that a run names by its pool, and by itself or not: then it is the pool's default queue. */
export async function findQueueOfPool(
  { db }: Pick<Transaction, 'db'>,
  poolName: string,
  queueName: string | null | undefined,
): Promise<string | null> {
  const pool = await db.selectFrom('work_pool').select(['id', 'default_queue_id']).where('name', '=', poolName).executeTakeFirst()
  if (!queueName) {
    if (pool === undefined) throw new HttpError(404, `Work pool "${poolName}" not found.`)
    return pool.default_queue_id
  }
  const queues = db.selectFrom('work_queue').select('id').where('name', '=', queueName)
  const queue = pool && (await queues.where('work_pool_id', '=', pool.id).executeTakeFirst())
  if (!queue) throw new HttpError(404, `Work pool queue '${poolName}/${queueName}' not found.`)
  return queue.id
}
