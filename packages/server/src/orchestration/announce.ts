import type { Transaction, WriteOptions } from '../store/store.ts'
import type { Workspace } from '../workspace.ts'

/** Runs a unit of work that writes to the outbox, and wakes its readers after the commit. */
export async function writeAnnounced<T>(
  workspace: Workspace,
  work: (transaction: Transaction) => Promise<T>,
  options: WriteOptions = {},
): Promise<T> {
  return workspace.store.write((transaction) => {
    transaction.afterCommit(() => workspace.changes.emit('outbox'))
    return work(transaction)
  }, options)
}
