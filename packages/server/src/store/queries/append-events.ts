import type { ReceivedEvent } from '@aedile/core/resources/event'
import type { Changes } from '../../changes.ts'
import type { Transaction } from '../store.ts'
import { chunksOf } from './chunks.ts'
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
  const isNew = await insertEvents(transaction, unique)
  const added = unique.filter((event) => isNew.has(event.id))
  if (added.length === 0) return added
  for (const rows of chunksOf(added.flatMap(toEventResourceRows), 5)) {
    await transaction.db.insertInto('event_resource').values(rows).execute()
  }
  transaction.afterCommit(() => changes.emit('events', added))
  return added
}

async function insertEvents({ db }: Transaction, events: readonly ReceivedEvent[]): Promise<Set<string>> {
  const isNew = new Set<string>()
  for (const rows of chunksOf(events.map(toEventRow), 9)) {
    const inserted = await db
      .insertInto('event')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .execute()
    for (const { id } of inserted) isNew.add(id)
  }
  return isNew
}
