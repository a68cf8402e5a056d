import { emitLifecycleEvents } from '../../resource-events/lifecycle-event.ts'
import type { Transaction } from '../../store/store.ts'
import type { ConcurrencyLimitTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'

/** Tells that a limit was made, changed or deleted. */
export function emitLimitEvent(
  transaction: Transaction,
  workspace: Workspace,
  action: 'created' | 'updated' | 'deleted',
  limit: ConcurrencyLimitTable,
): Promise<void> {
  const resource = {
    'prefect.resource.id': `prefect.concurrency-limit.${limit.id}`,
    'prefect.resource.name': limit.name,
  }
  return emitLifecycleEvents(transaction, workspace, [{ event: `prefect.concurrency-limit.${action}`, resource }])
}
