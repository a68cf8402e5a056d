import type { Transaction } from '../store/store.ts'
import type { ConcurrencyLimitTable, TaskRunTable } from '../store/tables.ts'

/** The limits on a task run's tags: those named `tag:<tag>`. */
export async function readTagLimits(transaction: Transaction, run: Pick<TaskRunTable, 'tags'>): Promise<ConcurrencyLimitTable[]> {
  const names = (JSON.parse(run.tags) as string[]).map((tag) => `tag:${tag}`)
  if (names.length === 0) return []
  return transaction.db.selectFrom('concurrency_limit').selectAll().where('name', 'in', names).execute()
}
