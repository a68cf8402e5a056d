import type { ReceivedEvent } from '@aedile/core/resources/event'
import { appendEvents } from '../../store/queries/append-events.ts'
import { hearChildren } from '../../store/queries/hear-children.ts'
import { recordTaskRuns } from '../../store/queries/record-task-runs.ts'
import { keepWaiting } from '../../store/queries/waiting-reports.ts'
import type { Workspace } from '../../workspace.ts'

/**
 * Takes in events that clients sent, in one unit of work: the events, the task runs that they report, and the sign of
 * life of the flow runs that they come from. When it resolves all of it is committed.
 */
export async function ingestEvents(workspace: Workspace, events: readonly ReceivedEvent[], bytes: number): Promise<void> {
  if (events.length === 0) return
  await workspace.store.write(
    async (transaction) => {
      await appendEvents(transaction, events, workspace.changes)
      // Also for events that were known: on SQLite the two files may differ by one unit after a crash.
      const { waiting, unreadable } = await recordTaskRuns(transaction, events)
      await keepWaiting(
        transaction,
        waiting.map((event) => ({ event, attempts: 0 })),
      )
      for (const { event, error } of unreadable) {
        transaction.afterCommit(() => workspace.log.warn({ err: error, event: event.id }, 'an event reports no task run'))
      }
      await hearChildren(transaction, flowRunsOf(events))
    },
    { bytes },
  )
}

const FLOW_RUN = /^prefect\.flow-run\.([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/

/** The flow runs whose child sent these events: heartbeats and events about the run itself, and what happened inside it. */
function flowRunsOf(events: readonly ReceivedEvent[]): string[] {
  const ids = new Set<string>()
  for (const { resource, related } of events) {
    if (resource['prefect.resource.id']?.startsWith('prefect.worker.')) continue
    const inside = related.filter((one) => one['prefect.resource.role'] === 'flow-run')
    for (const one of [resource, ...inside]) {
      const id = FLOW_RUN.exec(one['prefect.resource.id'] ?? '')?.[1]
      if (id) ids.add(id)
    }
  }
  return [...ids]
}
