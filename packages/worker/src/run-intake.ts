import type { ApiClient } from '@aedile/core/client/client'
import type { Roster } from './attempt/roster.ts'
import { DispatchChannel } from './channel/dispatch-channel.ts'
import { runLoop } from './loops/loop.ts'
import { PollingRunSource } from './run-source.ts'
import { RunTaker } from './run-taker.ts'
import type { WorkerContext } from './worker-context.ts'

/** Where runs are delivered, the worker asks this often, to close gaps. */
const GAP_SECONDS = 30
/** A worker that had no answer for so many of its intervals is not well. */
const STALE_INTERVALS = 30

export type RunIntakeOptions = {
  client: ApiClient
  workPool: string
  /** Queues to take runs from; all when empty. */
  queueNames: string[]
  /** At most so many runs at once; null for no limit. */
  limit: number | null
  /** True when the server delivers due runs to who asks for it. */
  delivers: boolean
}

/** How runs come to a worker: delivered over the channel where the server can, and asked for, more seldom then. */
export class RunIntake {
  readonly #context: WorkerContext
  readonly #roster: Roster
  readonly #options: RunIntakeOptions
  readonly #taker: RunTaker
  #channel: DispatchChannel | null = null
  #lastAnswer = performance.now()
  #freed = new AbortController()
  #lost = new AbortController()

  constructor(context: WorkerContext, roster: Roster, options: RunIntakeOptions) {
    this.#context = context
    this.#roster = roster
    this.#options = options
    const { client, workPool, queueNames, limit } = options
    // Where runs are delivered, none is started early: it comes the moment that it is due.
    const prefetchSeconds = () => (this.#channel?.isOpen ? 0 : context.settings.prefetchSeconds)
    this.#taker = new RunTaker(context, roster, {
      source: new PollingRunSource(client, workPool, queueNames, prefetchSeconds),
      limit,
    })
  }

  /** False when nothing was heard of runs for much longer than the worker waits between two questions. */
  get isFresh(): boolean {
    return (performance.now() - this.#lastAnswer) / 1000 < this.#intervalSeconds * STALE_INTERVALS
  }

  /** A slot was freed. */
  onFreed(): void {
    this.#freed.abort()
    this.#channel?.tellRoom()
  }

  /** Tells over the channel that the worker is alive. False when there is none: then it has to be told otherwise. */
  beat(): boolean {
    return this.#channel?.beat() ?? false
  }

  /** Takes what is due now. True when every slot is taken. */
  takeDueRuns(until: AbortSignal): Promise<boolean> {
    return this.#taker.takeDueRuns(() => {
      this.#lastAnswer = performance.now()
    }, until)
  }

  /** Takes runs until `until` fires. Cancellations are heard on, until `ended` fires too. */
  async run(until: AbortSignal, ended: AbortSignal): Promise<void> {
    if (this.#options.delivers) this.#openChannel(until, ended)
    // With every slot taken, a freed one is the time to ask again, also one that was freed during the question.
    let wake = NEVER
    const turn = async () => {
      this.#freed = new AbortController()
      wake = NEVER
      if (await this.takeDueRuns(until)) wake = this.#freed.signal
    }
    const interval = () => this.#intervalSeconds
    const loop = {
      name: 'Asking for due runs',
      get intervalSeconds() {
        return interval()
      },
      jitter: true,
      turn,
    }
    await runLoop(loop, this.#context.log, until, () => AbortSignal.any([wake, this.#lost.signal]))
  }

  get #intervalSeconds(): number {
    const { querySeconds } = this.#context.settings
    return this.#channel?.isOpen ? Math.max(querySeconds, GAP_SECONDS) : querySeconds
  }

  #openChannel(until: AbortSignal, ended: AbortSignal): void {
    const taker = this.#taker
    this.#channel = new DispatchChannel(this.#context, this.#options.queueNames, {
      countFree: () => (until.aborted ? 0 : taker.countFree()),
      take: (runs, onClaimed) => {
        this.#lastAnswer = performance.now()
        return until.aborted ? runs.map(({ id }) => id) : taker.takeDelivered(runs, onClaimed)
      },
      cancel: (ids) => {
        for (const attempt of this.#roster.attempts) if (ids.includes(attempt.flowRunId)) attempt.cancel()
      },
      onChange: (isOpen) => {
        if (!isOpen) this.#askAtOnce()
      },
    })
    void this.#channel.run(ended)
  }

  /** Wakes the asking loop once. */
  #askAtOnce(): void {
    const lost = this.#lost
    this.#lost = new AbortController()
    lost.abort()
  }
}

const NEVER = new AbortController().signal
