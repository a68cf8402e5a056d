import type { ColumnKind } from './column-kinds.ts'
import { insertRows } from './insert-rows.ts'
import type { Transaction } from './store.ts'
import type { EventResourceTable, EventTable } from './tables.ts'

const eventColumns = {
  id: 'uuid',
  occurred: 'bigint',
  event: 'text',
  resource_id: 'text',
  resource: 'json',
  related: 'json',
  payload: 'json',
  received: 'bigint',
  follows: 'uuid',
} satisfies Record<keyof EventTable, ColumnKind>

const resourceColumns = {
  event_id: 'uuid',
  occurred: 'bigint',
  resource_id: 'text',
  resource_role: 'text',
  resource: 'json',
} satisfies Record<keyof EventResourceTable, ColumnKind>

/**
 * Stores events with their resources. An event that is here already (same id and time: a client sent it again) is left
 * out, with its resources.
 * @returns the ids of those that are new.
 */
export async function appendEvents(
  transaction: Transaction,
  events: readonly EventTable[],
  resources: readonly EventResourceTable[],
): Promise<Set<string>> {
  if (events.length === 0) return new Set()
  // In one order everywhere, or two servers that get the same events at once could wait for each other.
  const ordered = [...events].sort((a, b) => (a.id < b.id ? -1 : 1))
  const ending = 'on conflict (id, occurred) do nothing returning id'
  const stored = await insertRows<{ id: string }>(transaction, 'event', eventColumns, ordered, ending)
  const fresh = new Set(stored.map(({ id }) => id))
  const theirs = resources.filter((resource) => fresh.has(resource.event_id))
  if (theirs.length > 0) await insertRows(transaction, 'event_resource', resourceColumns, theirs)
  return fresh
}
