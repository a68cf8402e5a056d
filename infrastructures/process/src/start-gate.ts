import { availableParallelism } from 'node:os'

/** More engines than this compete for the same processors, and each is late. */
export const ENGINES_AT_ONCE = 3 * availableParallelism()
/** A command is started in a few milliseconds, mostly spent waiting for its shell. */
export const COMMANDS_AT_ONCE = 32
/** So long an engine loads itself and its flow, in milliseconds, when nothing tells that it has ended before. */
const LOADING_MILLISECONDS = 1_500

/**
 * Lets so many processes be started at once. An engine that runs a flow needs a processor for a while after its start, and
 * memory: fifty of them at once would take longer than one after the other. A plain command is started when it exists.
 */
export class StartGate {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(places: number) {
    this.#free = places
  }

  /** Starts when it is this one's turn. `start` resolves when the process exists, with what resolves when it is gone. */
  async pass(isEngine: boolean, start: () => Promise<{ gone: Promise<void> }>): Promise<void> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    let loaded = Promise.resolve()
    try {
      const { gone } = await start()
      if (isEngine) loaded = goneOrLoaded(gone)
    } finally {
      void loaded.then(() => this.#leave())
    }
  }

  /** Who waits longest takes the place over. */
  #leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free += 1
  }
}

function goneOrLoaded(gone: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LOADING_MILLISECONDS)
    timer.unref()
    void gone.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
