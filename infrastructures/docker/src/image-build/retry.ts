import { setTimeout as delay } from 'node:timers/promises'

const TRANSIENT =
  /502 Bad Gateway|503 Service Unavailable|500 Internal Server Error|i\/o timeout|TLS handshake timeout|connection reset|context deadline exceeded/i
/** Waits between tries in seconds, as a genuine client has them for builds. */
const WAIT_SECONDS = [2, 4, 8]

/** Tries again what failed for a reason that passes by itself. */
export async function retryTransient<T>(
  act: () => Promise<T>,
  { tell, signal, waitSeconds = WAIT_SECONDS }: { tell: (line: string) => void; signal: AbortSignal; waitSeconds?: number[] },
): Promise<T> {
  for (const seconds of waitSeconds) {
    try {
      return await act()
    } catch (error) {
      if (signal.aborted || !(error instanceof Error) || !TRANSIENT.test(error.message)) throw error
      tell(`${error.message.trim()} Trying again in ${seconds} s.`)
      await delay(seconds * 1000, undefined, { signal })
    }
  }
  return await act()
}
