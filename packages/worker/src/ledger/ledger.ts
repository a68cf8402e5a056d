import type { Attempt, LeaseAnswer } from '@aedile/core/attempts/messages'
import type { AttemptKey, Handle, Outcome, RunContext, ServerId } from '@aedile/core/infrastructure-definition'
import type { LogCreate } from '@aedile/core/resources/log'
import type { StateCreateInput } from '@aedile/core/resources/state'
import type { StateType } from '@aedile/core/states'
import type { LogCursor } from '../infrastructure-driver.ts'

/** An attempt, and the run that it is of. */
export type AttemptRef = { key: AttemptKey; flowRunId: string }

/** What a claim told of its run; null where it has to be asked for. */
export type Claimed = { facts: Pick<RunContext, 'flowRun' | 'flow' | 'deployment'> | null }

/** What is known of a thing once it exists. `isRunning`: it is a plain command, which runs from its start. */
export type Recorded = { handle: Handle; pid: string | null; isRunning: boolean }

/** Lines of output, and the cursors right before and right after them. */
export type Output = { after: LogCursor | null; lines: LogCreate[]; cursor: LogCursor }

/** What a run that is in one of these states needs: this state, or none. */
export type Conclusion = { from: StateType[]; state: StateCreateInput | null }

/**
 * Where the steps of attempts are kept beyond this worker, and what a run says at each of them. On an Aedile server that is
 * the attempts table, which fences and lets others take over; a step is one message, and several go together. A genuine
 * server has none: there every step is accepted, the state directory is all, and a step is as many requests as it has parts.
 */
export interface AttemptLedger {
  readonly serverId: ServerId
  /** True when attempts have leases, and others may take over. */
  readonly shared: boolean
  /** How long a lease holds. Null where there are none. */
  readonly leaseSeconds: number | null
  /**
   * Claims a run for an attempt. Null when somebody else was faster, or the run has to wait for a slot. The same claim again
   * gets the same answer.
   */
  claim(attempt: AttemptRef): Promise<Claimed | null>
  /**
   * The run says Submitting, and carries these labels from now on. Nothing is created in the world before this was accepted.
   * True when the run is to be cancelled. @throws AedileError `attempt_refused`
   */
  intend(attempt: AttemptRef, handle: Handle, labels: Record<string, string>): Promise<boolean>
  /** The thing exists. Resolves with the seconds after which to record it again, because the run is not due yet; or null. */
  record(attempt: AttemptRef, recorded: Recorded): Promise<number | null>
  /**
   * Stores lines of output, which begin at one cursor, and the cursor right after them. Resolves with the cursor that is
   * stored then: another one when a late message of an earlier worker came between; nothing was stored in that case.
   */
  advance(key: AttemptKey, output: Output): Promise<LogCursor | null>
  /**
   * It ended. Resolves with the state that the run got by these conclusions, or `none` when it needs none: then that is
   * reported too. Null when the conclusions did not do: then the run has to be looked at, and what comes of it reported.
   */
  end(key: AttemptKey, outcome: Outcome, conclusions: Conclusion[]): Promise<StateType | 'none' | null>
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
