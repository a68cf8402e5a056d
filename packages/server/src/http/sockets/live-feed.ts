import type { ReceivedEvent } from '@aedile/core/resources/event'
import type { Log } from '@aedile/core/resources/log'
import { type Microseconds, nowMicroseconds } from '@aedile/core/time'
import { toLog } from '../../store/queries/append-lines.ts'
import { toEvent } from '../../store/queries/event-rows.ts'
import type { Workspace } from '../../workspace.ts'

type Listener<Item> = (items: readonly Item[]) => void

const POLL_MILLISECONDS = 1000
/** How far back a poll looks, for what was committed late by another server. */
const LOOK_BACK: Microseconds = 20_000_000
const MOST_ROWS = 2000
/** What another server was about to commit when the first subscriber came. */
const OVERLAP: Microseconds = 2_000_000

/**
 * What is committed from now on: in this process at once, by other servers on the same Postgres within a second or two
 * (a poll, only while somebody listens). Every item comes once.
 */
export class LiveFeed {
  readonly #workspace: Workspace
  readonly #events = new Set<Listener<ReceivedEvent>>()
  readonly #logs = new Set<Listener<Log>>()
  readonly #seen = new Map<string, Microseconds>()
  readonly #takeEvents = (events: ReceivedEvent[]) => this.#deliver(this.#events, events)
  readonly #takeLogs = (logs: Log[]) => this.#deliver(this.#logs, logs)
  #timer: NodeJS.Timeout | undefined
  #since: Microseconds = 0

  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  onEvents(listener: Listener<ReceivedEvent>): () => void {
    return this.#add(this.#events, listener, 'events', this.#takeEvents)
  }

  onLogs(listener: Listener<Log>): () => void {
    return this.#add(this.#logs, listener, 'logs', this.#takeLogs)
  }

  #add<Item>(set: Set<Listener<Item>>, listener: Listener<Item>, name: 'events' | 'logs', take: (items: Item[]) => void) {
    const { changes } = this.#workspace
    if (set.size === 0) changes.on(name, take as never)
    set.add(listener)
    this.#startPolling()
    return () => {
      set.delete(listener)
      if (set.size === 0) changes.off(name, take as never)
      if (this.#events.size + this.#logs.size === 0) this.#stopPolling()
    }
  }

  #deliver<Item extends { id: string }>(listeners: Set<Listener<Item>>, items: readonly Item[]): void {
    const fresh = this.#timer === undefined ? items : items.filter(({ id }) => !this.#seen.has(id))
    if (this.#timer) for (const { id } of fresh) this.#seen.set(id, nowMicroseconds())
    if (fresh.length > 0) for (const listener of listeners) listener(fresh)
  }

  #startPolling(): void {
    if (this.#workspace.store.kind === 'sqlite' || this.#timer) return
    this.#since = nowMicroseconds() - OVERLAP
    const poll = async () => {
      try {
        await this.#poll()
      } catch (error) {
        this.#workspace.log.warn({ err: error }, 'what other servers committed could not be read; tried again in a second')
      }
      if (this.#timer) this.#timer = setTimeout(poll, POLL_MILLISECONDS)
    }
    this.#timer = setTimeout(poll, POLL_MILLISECONDS)
  }

  #stopPolling(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#seen.clear()
  }

  async #poll(): Promise<void> {
    const { store } = this.#workspace
    const from = Math.max(this.#since, nowMicroseconds() - LOOK_BACK)
    if (this.#events.size > 0) {
      const query = store.db
        .selectFrom('event')
        .selectAll()
        .where('occurred', '>=', from - LOOK_BACK)
        .where('received', '>=', from)
      const rows = await store.search(query.orderBy('occurred', 'desc').limit(MOST_ROWS).compile())
      this.#deliver(this.#events, rows.reverse().map(toEvent))
    }
    if (this.#logs.size > 0) {
      const query = store.db
        .selectFrom('log')
        .selectAll()
        .where('timestamp', '>=', from - LOOK_BACK)
        .where('created', '>=', from)
      const rows = await store.search(query.orderBy('timestamp', 'desc').orderBy('id', 'desc').limit(MOST_ROWS).compile())
      this.#deliver(this.#logs, rows.reverse().map(toLog))
    }
    this.#forget(from - 2 * LOOK_BACK)
  }

  #forget(before: Microseconds): void {
    for (const [id, time] of this.#seen) {
      if (time >= before) return
      this.#seen.delete(id)
    }
  }
}
