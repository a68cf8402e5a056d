import type { OrchestrationResult } from '@aedile/core/resources/state'
import type { Microseconds } from '@aedile/core/time'
import type { Transaction } from '../store/store.ts'
import type { ClientFacts } from './client-facts.ts'
import type { RunState } from './run-state.ts'

type Verdict = Pick<OrchestrationResult, 'status' | 'details'>

/** One proposed change of state on its way through the rules: what is, what shall be, and the moves that a rule has. */
export class Transition<Row> {
  readonly transaction: Transaction
  /** The run's row, locked. Rules change it; what changed is stored with the state. */
  readonly run: Row
  readonly initial: RunState | null
  readonly client: ClientFacts
  /** When the proposal is looked at, by the wall clock: not earlier than the run was read. */
  readonly now: Microseconds
  /** How long the lease of an attempt holds that begins here; the protocol's own time when it is not said. */
  readonly leaseSeconds: number | undefined
  /** What shall be. Null once a rule decided that nothing is written. */
  proposed: RunState | null
  verdict: Verdict = { status: 'ACCEPT', details: { type: 'accept_details' } }

  constructor(
    parts: Pick<Transition<Row>, 'transaction' | 'run' | 'initial' | 'client' | 'now'> & {
      proposed: RunState
      leaseSeconds?: number | undefined
    },
  ) {
    this.transaction = parts.transaction
    this.run = parts.run
    this.initial = parts.initial
    this.client = parts.client
    this.now = parts.now
    this.leaseSeconds = parts.leaseSeconds
    this.proposed = parts.proposed
  }

  /** Refuses the proposal. With a replacement that one is written, otherwise the present state holds. */
  reject(replacement: RunState | null, reason: string): void {
    if (replacement === null && this.initial === null) {
      throw new Error('The run has no state, so its transition can only be rejected with a new one.')
    }
    this.proposed = replacement
    this.verdict = { status: 'REJECT', details: { type: 'reject_details', reason } }
  }

  /** Refuses the proposal and asks the client to give up. */
  abort(reason: string): void {
    this.proposed = null
    this.verdict = { status: 'ABORT', details: { type: 'abort_details', reason } }
  }

  /** Asks the client to propose again later. */
  wait(seconds: number, reason: string): void {
    this.proposed = null
    this.verdict = { status: 'WAIT', details: { type: 'wait_details', delay_seconds: seconds, reason } }
  }

  /** Gives a repeated proposal the answer it had: accepted, nothing new is written. */
  acceptAgain(): void {
    this.proposed = null
    this.verdict = { status: 'ACCEPT', details: { type: 'accept_details' } }
  }
}
