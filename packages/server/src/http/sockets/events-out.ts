import { type EventFilter, eventFilter } from '@aedile/core/filters/event'
import { compileEventFilter } from '@aedile/core/filters/match-event'
import type { JsonObject } from '@aedile/core/json'
import type { ReceivedEvent } from '@aedile/core/resources/event'
import { formatTimestamp, MICROSECONDS_PER_SECOND, nowMicroseconds } from '@aedile/core/time'
import { z } from 'zod'
import { toMicroseconds } from '../../store/queries/filters/condition.ts'
import type { Workspace } from '../../workspace.ts'
import { readEventsAfter } from '../events/search-events.ts'
import { Backlog, sendAndDrain } from './backlog.ts'
import type { Frames } from './frames.ts'
import { closeWithReason, PROTOCOL_ERROR, takeMessage } from './handshake.ts'
import type { LiveFeed } from './live-feed.ts'

const BACKFILL_SECONDS = 15 * 60
const BACKFILL_PAGE = 250
/** How many live events are held while the backfill is sent. */
const MOST_HELD = 10_000

type Subscription = { filter: EventFilter; includes: (event: ReceivedEvent) => boolean; wantsBackfill: boolean }

/**
 * Streams events: first those of the last minutes that the filter asks for, in order, then what is committed from now on.
 * It listens before it looks back, so nothing falls between the two. Source: WC 2.3.
 */
export async function serveEventsOut(frames: Frames, workspace: Workspace, feed: LiveFeed): Promise<void> {
  const message = await takeMessage(frames)
  if (message === null) return
  const subscription = readSubscription(message)
  if (typeof subscription === 'string') return closeWithReason(frames, PROTOCOL_ERROR, subscription)

  const stream = new EventStream(frames, subscription)
  const unsubscribe = feed.onEvents((events) => stream.take(events))
  try {
    if (subscription.wantsBackfill) await backfill(frames, workspace, subscription.filter, stream)
    stream.goLive()
    await frames.closed()
  } finally {
    unsubscribe()
  }
}

async function backfill(frames: Frames, { store }: Workspace, filter: EventFilter, stream: EventStream): Promise<void> {
  let last: ReceivedEvent | null = null
  while (!frames.isClosed) {
    const events: ReceivedEvent[] = await readEventsAfter(store, filter, last, BACKFILL_PAGE)
    for (const event of events) {
      stream.skip(event.id)
      await sendAndDrain(frames.socket, toMessage(event))
    }
    if (events.length < BACKFILL_PAGE) return
    last = events.at(-1)!
  }
}

/** One subscriber's live events: held while the backfill goes on, then sent without those that it had. */
class EventStream {
  readonly #includes: (event: ReceivedEvent) => boolean
  readonly #backlog: Backlog
  readonly #sent = new Set<string>()
  #held: ReceivedEvent[] | null = []

  constructor(frames: Frames, { includes }: Subscription) {
    this.#includes = includes
    this.#backlog = new Backlog(frames.socket)
  }

  skip(id: string): void {
    this.#sent.add(id)
  }

  take(events: readonly ReceivedEvent[]): void {
    for (const event of events) {
      if (!this.#includes(event)) continue
      if (this.#held === null) this.#send(event)
      else if (this.#held.length < MOST_HELD) this.#held.push(event)
    }
  }

  goLive(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const event of held) this.#send(event)
  }

  #send(event: ReceivedEvent): void {
    if (this.#sent.delete(event.id)) return
    this.#backlog.push(toMessage(event))
  }
}

function toMessage(event: ReceivedEvent): string {
  return JSON.stringify({ type: 'event', event })
}

/** Reads what the client wants, or answers why not. */
function readSubscription(message: JsonObject): Subscription | string {
  if (message.type !== 'filter') return "Expected 'filter' message"
  if (!('filter' in message)) return "Invalid filter: 'filter'"
  const parsed = eventFilter.safeParse(message.filter)
  if (!parsed.success) return `Invalid filter: ${z.prettifyError(parsed.error)}`
  const filter: EventFilter = { ...parsed.data, occurred: clamp(parsed.data.occurred), order: 'ASC' }
  try {
    return { filter, includes: compileEventFilter(filter), wantsBackfill: message.backfill !== false }
  } catch (error) {
    return `Invalid filter: ${(error as Error).message}`
  }
}

function clamp({ since, until }: EventFilter['occurred']): EventFilter['occurred'] {
  const earliest = nowMicroseconds() - BACKFILL_SECONDS * MICROSECONDS_PER_SECOND
  return { since: formatTimestamp(Math.max(earliest, toMicroseconds(since))), until }
}
