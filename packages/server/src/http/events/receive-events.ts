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
    return [{ ...withoutNul(event, text), received }]
  })
}

/** Postgres refuses the character NUL in text and in the values of JSON. */
function withoutNul(event: Event, text: string): Event {
  if (!text.includes('\\u0000')) return event
  return strip(event) as Event
}

function strip(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '')
  if (Array.isArray(value)) return value.map(strip)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.replaceAll('\0', ''), strip(inner)]))
}
