import type { Logger } from 'pino'
import { backoffSeconds, pause } from '../backoff.ts'

/** Something that a worker does again and again. */
export type Loop = {
  name: string
  /** Seconds between the end of one turn and the next, with up to 30 % of jitter where several workers would meet. */
  intervalSeconds: number
  jitter?: boolean
  turn(): Promise<unknown>
}

/** Runs a loop until the signal fires. A turn that fails is logged and tried again with backoff, a few seconds apart. */
export async function runLoop(loop: Loop, log: Logger, signal: AbortSignal, wake?: () => AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      await loop.turn()
      if (failures > 0) log.info({ loop: loop.name }, 'The server answers again')
      failures = 0
    } catch (error) {
      if (signal.aborted) return
      failures += 1
      if (failures === 1 || failures % 20 === 0)
        log.warn({ err: error, loop: loop.name, failures }, `${loop.name} failed; trying on`)
    }
    const jitter = loop.jitter ? 0.7 + Math.random() * 0.6 : 1
    const seconds =
      failures > 0 ? Math.min(backoffSeconds(failures), Math.max(loop.intervalSeconds, 0.5)) : loop.intervalSeconds * jitter
    await pause(seconds, wake ? AbortSignal.any([signal, wake()]) : signal)
  }
}
