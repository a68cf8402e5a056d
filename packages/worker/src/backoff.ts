import { setTimeout as sleep } from 'node:timers/promises'
import { AedileError, type ErrorCode, isAedileError } from '@aedile/core/errors'

/** With the jitter and a try's own time, a server that is back is asked within ten seconds. */
const LONGEST_SECONDS = 6

/** Waits, and returns early without an error when the signal fires. */
export async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await sleep(seconds * 1000, undefined, { signal }).catch(() => {})
}

/** Seconds before try number `failures + 1`: half a second, doubling to six, with jitter. */
export function backoffSeconds(failures: number): number {
  return Math.min(LONGEST_SECONDS, 0.5 * 2 ** (failures - 1)) * (0.75 + Math.random() / 2)
}

/**
 * Tries until it succeeds. Nothing that can be tried again is given up because of time alone: only the signal, or an error
 * that trying again cannot mend, ends it.
 */
export async function persist<T>(
  action: () => Promise<T>,
  options: { signal: AbortSignal; isFinal: (error: unknown) => boolean; onFailure?: (error: unknown, failures: number) => void },
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await unlessAborted(action(), options.signal)
    } catch (error) {
      if (options.signal.aborted || options.isFinal(error)) throw error
      options.onFailure?.(error, failures)
      await pause(backoffSeconds(failures), options.signal)
      options.signal.throwIfAborted()
    }
  }
}

/** The promise's end, or the signal's reason as soon as it fires: what hangs then is no longer waited for. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/**
 * True when the server answered, and would answer the same again. A failure of the server itself (5xx), and an answer
 * that came from something between (a proxy's page), may pass.
 */
export function isFinalAnswer(error: unknown): boolean {
  if (!(error instanceof AedileError)) return true
  const passing: ErrorCode[] = ['api_unreachable', 'api_timeout', 'api_busy', 'api_answer_unreadable']
  if (passing.includes(error.code)) return false
  if (error.code === 'api_error') return Number(error.details.status) < 500
  if (error.code === 'api_not_found') return isFromApi(error)
  return !error.retryable
}

/** True when the server says that the attempt is somebody else's, or is not known there any more. */
export function isLoss(error: unknown): boolean {
  if (isAedileError(error, 'api_not_found')) return isFromApi(error)
  return isAedileError(error, 'attempt_refused') || isAedileError(error, 'api_conflict')
}

/** A 404 without the API's own words comes from something before it, e.g. an ingress whose server is just replaced. */
function isFromApi(error: AedileError): boolean {
  return error.details.body !== null
}
