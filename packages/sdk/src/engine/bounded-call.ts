import { AedileError } from '@aedile/core/errors'

export type Bounds = {
  /** What is called, for the message of a timeout. */
  what: string
  /** Whose timeout it is: an error of an inner call that timed out is told apart by it. */
  owner?: string
  /** Fires when the run is cancelled or interrupted. */
  signal: AbortSignal
  timeoutSeconds?: number | undefined
  /** How long the function may go on after the signal before it is left behind. */
  graceSeconds: (reason: unknown) => number
}

/**
 * Calls a user's function and waits for it within bounds. JavaScript cannot stop a function from outside: its signal
 * fires, and after a timeout at once, after a cancellation with some grace, it is left behind.
 */
export async function callBounded<T>(bounds: Bounds, call: (signal: AbortSignal) => T | Promise<T>): Promise<T> {
  bounds.signal.throwIfAborted()
  const timeout = new AbortController()
  const signal = AbortSignal.any([bounds.signal, timeout.signal])
  const timers: NodeJS.Timeout[] = []
  const leftBehind = Promise.withResolvers<never>()
  const onAbort = () => {
    const { reason } = signal
    const grace = timeout.signal.aborted ? 0 : bounds.graceSeconds(reason)
    if (grace <= 0) leftBehind.reject(reason)
    else timers.push(setTimeout(() => leftBehind.reject(reason), grace * 1000))
  }
  signal.addEventListener('abort', onAbort, { once: true })
  const { timeoutSeconds } = bounds
  if (timeoutSeconds !== undefined) {
    const late = () =>
      timeout.abort(new AedileError('run_timed_out', { what: bounds.what, seconds: timeoutSeconds, owner: bounds.owner }))
    timers.push(setTimeout(late, timeoutSeconds * 1000))
  }
  try {
    return await Promise.race([startCall(call, signal), leftBehind.promise])
  } catch (error) {
    // Whatever a function throws once it was told to stop, it stopped because of that.
    if (signal.aborted) throw signal.reason
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
    for (const timer of timers) clearTimeout(timer)
  }
}

/** Also a function that throws before its first await makes a rejected promise. */
async function startCall<T>(call: (signal: AbortSignal) => T | Promise<T>, signal: AbortSignal): Promise<T> {
  return call(signal)
}
