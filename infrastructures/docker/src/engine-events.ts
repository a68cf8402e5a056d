import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { EngineApi, Filters } from './api.ts'
import { ATTEMPT_LABEL } from './labels.ts'

/** Tells one observer that its container may have changed. */
export type Wake = {
  /** Resolves at the next change since the last call, after `milliseconds`, or rejects when the signal aborts. */
  next(signal: AbortSignal, milliseconds?: number): Promise<void>
  /** The most memory that the container was seen to use, in bytes, read when it ran out of it. */
  peakBytes(): number | null
  close(): void
}

/** A time in which the engine could not be asked. `to` is null while it lasts. */
type Outage = { from: number; to: number | null }

type Listener = { wake(): void; peak(bytes: number): void }

const AGAIN_MILLISECONDS = 500
const OUTAGES = 20

/** The one stream of events of an engine, fanned out to the observers of its containers. Open while there are any. */
export class EngineEvents {
  readonly #api: EngineApi
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #outages: Outage[] = []
  #running: AbortController | null = null

  constructor(api: EngineApi) {
    this.#api = api
  }

  /** Listens to one container. */
  open(container: string): Wake {
    let changed = false
    let resume: (() => void) | null = null
    let peak: number | null = null
    const listener: Listener = {
      wake: () => {
        changed = true
        resume?.()
      },
      peak: (bytes) => {
        peak = Math.max(peak ?? 0, bytes)
      },
    }
    const listeners = this.#listeners.get(container) ?? new Set()
    this.#listeners.set(container, listeners.add(listener))
    this.#begin()
    return {
      next: (signal, milliseconds) => {
        const change = new Promise<void>((resolve) => {
          resume = resolve
          if (changed) resolve()
        })
        return untilFirst(change, signal, milliseconds).finally(() => {
          resume = null
          changed = false
        })
      },
      peakBytes: () => peak,
      close: () => {
        listeners.delete(listener)
        if (listeners.size === 0) this.#listeners.delete(container)
        if (this.#listeners.size === 0) this.close()
      },
    }
  }

  /**
   * True when the engine was away at this time, by its own clock and ours, give or take a start; or when it is just
   * shutting down, which it begins with its containers.
   */
  async wasAwayAt(time: number): Promise<boolean> {
    if (!(await this.#api.isAccepting())) this.#noteAway(Date.now())
    const before = 1_000
    const after = 15_000
    return this.#outages.some(({ from, to }) => time >= from - before && (to === null || time <= to + after))
  }

  close(): void {
    this.#running?.abort()
    this.#running = null
  }

  #begin(): void {
    if (this.#running) return
    this.#running = new AbortController()
    this.#run(this.#running.signal).catch(() => {})
  }

  async #run(signal: AbortSignal): Promise<void> {
    const filters = { type: ['container'], label: [ATTEMPT_LABEL], event: ['die', 'destroy', 'oom'] }
    for (let brokenAt = Date.now(); !signal.aborted; brokenAt = Date.now()) {
      const stream = await this.#reopen(filters, brokenAt, signal)
      // What happened before the stream was open was not told.
      this.#wakeAll()
      // Somebody between us and the engine may cut a stream that is idle: that is no outage until it cannot be opened again.
      await this.#read(stream).catch(() => {})
      if (Date.now() - brokenAt < AGAIN_MILLISECONDS) await delay(AGAIN_MILLISECONDS, undefined, { signal })
    }
  }

  async #reopen(filters: Filters, brokenAt: number, signal: AbortSignal): Promise<Readable> {
    for (;;) {
      try {
        const stream = await this.#api.events(filters, signal)
        this.#noteBack()
        return stream
      } catch {
        signal.throwIfAborted()
        this.#noteAway(brokenAt)
        this.#wakeAll()
        await delay(AGAIN_MILLISECONDS, undefined, { signal })
      }
    }
  }

  async #read(stream: Readable): Promise<void> {
    let rest = ''
    for await (const chunk of stream.setEncoding('utf8')) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line.trim() !== '') this.#tell(JSON.parse(line))
    }
  }

  #tell({ Action, Actor }: { Action: string; Actor: { ID: string } }): void {
    const listeners = this.#listeners.get(Actor.ID)
    if (!listeners) return
    for (const listener of listeners) listener.wake()
    if (Action === 'oom') void this.#readPeak(Actor.ID, listeners).catch(() => {})
  }

  /** Only while the container still runs does the Engine know. */
  async #readPeak(container: string, listeners: Set<Listener>): Promise<void> {
    const { memory_stats: memory } = await this.#api.readMemory(container)
    if (memory?.max_usage) for (const listener of listeners) listener.peak(memory.max_usage)
  }

  #wakeAll(): void {
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener.wake()
  }

  #noteAway(from: number): void {
    if (this.#outages.at(-1)?.to === null) return
    this.#outages.push({ from, to: null })
    if (this.#outages.length > OUTAGES) this.#outages.shift()
  }

  #noteBack(): void {
    const last = this.#outages.at(-1)
    if (last && last.to === null) last.to = Date.now()
  }
}

async function untilFirst(change: Promise<void>, signal: AbortSignal, milliseconds: number | undefined): Promise<void> {
  signal.throwIfAborted()
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal])
  const abort = new Promise<never>((_, reject) => {
    until.addEventListener('abort', () => reject(until.reason), { once: true })
  })
  const timer = milliseconds === undefined ? [] : [delay(milliseconds, undefined, { signal: over.signal }).catch(() => {})]
  try {
    await Promise.race([change, abort, ...timer])
  } finally {
    abort.catch(() => {})
    over.abort()
  }
}
