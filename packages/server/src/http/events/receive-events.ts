import type { Event, ReceivedEvent } from '@aedile/core/resources/event'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'

/** Events above this size are dropped, not refused, as genuine servers do. Source: WC 2.2. */
const MOST_BYTES = 1_500_000

/** Notes when events arrived, and drops those that are too large. */
export function receiveEvents(events: readonly Event[]): ReceivedEvent[] {
  const received = formatTimestamp(nowMicroseconds())
  return events.flatMap((event) => {
    const text = JSON.stringify(event)
    if (Buffer.byteLength(text) > MOST_BYTES) return []
    return [{ ...toStorable(event, text), received }]
  })
}

/** How JSON writes NUL and half a surrogate pair. */
const UNSTORABLE = /\\u(0000|d[89a-f])/

/** Postgres refuses NUL and half a surrogate pair in text, and fails later on such values of JSON. */
function toStorable(event: Event, text: string): Event {
  return UNSTORABLE.test(text) ? (strip(event) as Event) : event
}

function strip(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '').toWellFormed()
  if (Array.isArray(value)) return value.map(strip)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [strip(key), strip(inner)]))
}
