import type { Attempt, LeaseAnswer } from '@aedile/core/attempts/messages'
import type { AttemptKey, Handle, Outcome, ServerId } from '@aedile/core/infrastructure-definition'
import type { LogCreate } from '@aedile/core/resources/log'
import type { LogCursor } from '../infrastructure-driver.ts'

/** Lines of output, and the cursors right before and right after them. */
export type Output = { after: LogCursor | null; lines: LogCreate[]; cursor: LogCursor }

/**
 * Where the steps of attempts are kept beyond this worker. On an Aedile server that is the attempts table, which fences
 * and lets others take over. A genuine server has none: there every step is accepted, and the state directory is all.
 */
export interface AttemptLedger {
  readonly serverId: ServerId
  /** True when attempts have leases, and others may take over. */
  readonly shared: boolean
  /** How long a lease holds. Null where there are none. */
  readonly leaseSeconds: number | null
  /** Nothing is created in the world before this was accepted. @throws AedileError `attempt_refused` */
  intend(key: AttemptKey, handle: Handle): Promise<void>
  /** The thing exists. */
  record(key: AttemptKey, handle: Handle): Promise<void>
  /**
   * Stores lines of output, which begin at one cursor, and the cursor right after them. Resolves with the cursor that is
   * stored then: another one when a late message of an earlier worker came between; nothing was stored in that case.
   */
  advance(key: AttemptKey, output: Output): Promise<LogCursor | null>
  end(key: AttemptKey, outcome: Outcome): Promise<void>
  report(key: AttemptKey): Promise<void>
  remove(key: AttemptKey): Promise<void>
  /** Progress that is no state. Lost when the server is away. */
  status(key: AttemptKey, phase: string, detail: string | null): Promise<void>
  /** Renews the lease of all these attempts. Null where there are no leases. */
  renew(keys: AttemptKey[], targets: string[]): Promise<LeaseAnswer | null>
  /** Takes over an unattended attempt; null when somebody else was faster. */
  takeOver(key: AttemptKey, targets: string[]): Promise<Attempt | null>
  /** What the server has open of this worker. */
  open(): Promise<Attempt[]>
}
