import { setTimeout as sleep } from 'node:timers/promises'

const LONGEST_SECONDS = 10

/** Waits, and returns early without an error when the signal fires. */
export async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await sleep(seconds * 1000, undefined, { signal }).catch(() => {})
}

/** Seconds before try number `failures + 1`: half a second, doubling to ten, with jitter. */
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
      return await action()
    } catch (error) {
      if (options.signal.aborted || options.isFinal(error)) throw error
      options.onFailure?.(error, failures)
      await pause(backoffSeconds(failures), options.signal)
      options.signal.throwIfAborted()
    }
  }
}

/** True when the server answered, and would answer the same again. */
export function isFinalAnswer(error: unknown): boolean {
  const retryable = (error as { retryable?: boolean }).retryable
  const code = (error as { code?: string }).code
  if (code === 'api_unreachable' || code === 'api_timeout' || code === 'api_busy') return false
  return retryable !== true
}
