import { uuid7 } from '@aedile/core/client/uuid7'
import type { JsonObject } from '@aedile/core/json'
import type { ReceivedEvent } from '@aedile/core/resources/event'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import { outboxKinds } from '../store/column-kinds.ts'
import { insertRows } from '../store/insert-rows.ts'
import type { Transaction } from '../store/store.ts'
import type { Workspace } from '../workspace.ts'

type Labels = Record<string, string>

/** What happened to a resource that is no run. Source: WC 6.9. */
export type LifecycleEvent = { event: string; resource: Labels; related?: Labels[]; payload?: JsonObject }

/**
 * Writes events of the server itself to the outbox, in the transaction of what they tell: on SQLite events live in another
 * file, and only the outbox commits with the change.
 */
export async function emitLifecycleEvents(
  transaction: Transaction,
  workspace: Workspace,
  events: readonly LifecycleEvent[],
): Promise<void> {
  if (events.length === 0) return
  const now = nowMicroseconds()
  const occurred = formatTimestamp(now)
  const rows = events.map(({ event, resource, related = [], payload = {} }) => {
    const received = { occurred, event, resource, related, payload, id: uuid7(), follows: null, received: occurred }
    return { kind: 'event', payload: JSON.stringify(received satisfies ReceivedEvent), created: now }
  })
  await insertRows(transaction, 'outbox', outboxKinds, rows)
  transaction.afterCommit(() => workspace.changes.emit('outbox'))
}

/** The payload of an `updated` event: every changed field with its value before and after. Null when nothing changed. */
export function changedFields(before: JsonObject, after: JsonObject, fields: readonly string[]): JsonObject | null {
  const changed = fields.filter((field) => JSON.stringify(before[field] ?? null) !== JSON.stringify(after[field] ?? null))
  if (changed.length === 0) return null
  const updates = changed.map((field) => [field, { from: before[field] ?? null, to: after[field] ?? null }])
  return { updated_fields: changed, updates: Object.fromEntries(updates) }
}

/** A status as event names spell it: `NOT_READY` is `not-ready`. */
export function toKebabCase(status: string): string {
  return status.toLowerCase().replaceAll('_', '-')
}
