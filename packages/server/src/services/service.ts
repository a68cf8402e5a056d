import type { ChangeName } from '../changes.ts'

/** Something that the server does again and again. One file each, an interval, a stop signal and a metric. */
export interface Service {
  readonly name: string
  readonly intervalSeconds: number
  /** Changes that wake it before its interval is over. */
  readonly wakeOn?: readonly ChangeName[]
  /** How long a wake waits for others, so that one pass serves them all. None when absent. */
  readonly gatherMilliseconds?: number
  /** One pass. It ends soon when the signal aborts; an error is logged, and the next pass comes at its time. */
  runOnce(signal: AbortSignal): Promise<void>
}
