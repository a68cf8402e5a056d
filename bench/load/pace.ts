import { setTimeout as sleep } from 'node:timers/promises'

/** Lets work begin so often in a second at most. What was late is not made up for: a stalled server meets no flood after it. */
export class Pace {
  readonly #milliseconds: number
  #next = performance.now()

  constructor(perSecond: number) {
    this.#milliseconds = 1000 / perSecond
  }

  async next(): Promise<void> {
    const now = performance.now()
    const at = Math.max(this.#next, now - MOST_LATE_MILLISECONDS)
    this.#next = at + this.#milliseconds
    if (at > now) await sleep(at - now)
  }
}

/** Timers are late by a millisecond or two; without this the rate would be lower than asked. */
const MOST_LATE_MILLISECONDS = 100
