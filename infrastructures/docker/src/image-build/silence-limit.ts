/** A step of a build may compile for long without a word. */
const MOST_SECONDS = 3_600

/** Ends a build or push of which the engine says nothing any more. */
export class SilenceLimit {
  readonly signal: AbortSignal
  readonly #timer: NodeJS.Timeout

  constructor(signal: AbortSignal, seconds: number = MOST_SECONDS) {
    const silent = new AbortController()
    const tell = () => silent.abort(new Error(`the engine said nothing for ${seconds} s`))
    this.#timer = setTimeout(tell, seconds * 1000)
    this.signal = AbortSignal.any([signal, silent.signal])
  }

  heard(): void {
    this.#timer.refresh()
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

/** Does something for as long as the engine is heard. */
export async function withSilenceLimit<T>(signal: AbortSignal, act: (limit: SilenceLimit) => Promise<T>): Promise<T> {
  const limit = new SilenceLimit(signal)
  try {
    return await act(limit)
  } catch (error) {
    throw limit.signal.aborted ? limit.signal.reason : error
  } finally {
    limit.end()
  }
}
