import type { ReceivedEvent } from '@aedile/core/resources/event'
import type { Changes } from '../../changes.ts'
import { appendEvents as appendEventRows } from '../append-events.ts'
import type { Transaction } from '../store.ts'
import { toEventResourceRows, toEventRow } from './event-rows.ts'

/**
 * Stores events that are not stored yet, by id, and tells the streams of this process after the commit. The same event
 * sent again, also within one call, changes nothing. Returns the events that were new.
 */
export async function appendEvents(
  transaction: Transaction,
  events: readonly ReceivedEvent[],
  changes: Changes,
): Promise<ReceivedEvent[]> {
  const unique = [...new Map(events.map((event) => [event.id, event])).values()]
  const fresh = await appendEventRows(transaction, unique.map(toEventRow), unique.flatMap(toEventResourceRows))
  const added = unique.filter((event) => fresh.has(event.id))
  if (added.length > 0) transaction.afterCommit(() => changes.emit('events', added))
  return added
}
