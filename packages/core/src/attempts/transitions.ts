import { isTerminal, type StateType } from '../states.ts'
import type { AttemptPhase } from './messages.ts'
import { LEASE_SECONDS, MAX_LAPSES, UNATTENDED_SECONDS } from './messages.ts'

/**
 * The rules of an attempt on the server, as pure functions from what is stored to what shall be stored. The server
 * applies them under the run's row lock; the models in tests/models search them exhaustively. Times are in seconds of
 * the database's clock; `lease` is how long a lease holds.
 */

/** What the server stores of an attempt. */
export type AttemptRow = {
  key: string
  flowRunId: string
  worker: string | null
  phase: AttemptPhase
  /** While unattended: how far it had come. */
  phaseBefore: AttemptPhase | null
  target: string | null
  leaseExpires: number | null
  unattendedSince: number | null
}

/** What the rules need of a flow run. */
export type RunRow = {
  attemptKey: string | null
  stateType: StateType
  /** Claims in a row that lapsed without intent. */
  lapses: number
}

export type Refusal = { refused: string }
export const isRefusal = (result: object): result is Refusal => 'refused' in result

/** A claim was accepted (orchestration moved the run to Pending with this key). */
export function claim(flowRunId: string, key: string, worker: string | null, now: number, lease = LEASE_SECONDS): AttemptRow {
  return {
    key,
    flowRunId,
    worker,
    phase: 'claimed',
    phaseBefore: null,
    target: null,
    leaseExpires: now + lease,
    unattendedSince: null,
  }
}

/** Nothing is created in the world before this was accepted. A repeated intent of the same worker gets the same answer. */
export function intend(
  run: RunRow,
  row: AttemptRow,
  worker: string,
  target: string,
  now: number,
  lease = LEASE_SECONDS,
): AttemptRow | Refusal {
  if (run.attemptKey !== row.key)
    return { refused: `attempt ${row.key} is not the run's present attempt ${run.attemptKey ?? '(none)'}` }
  if (row.phase === 'intended' && row.worker === worker) return { ...row, target, leaseExpires: now + lease }
  if (row.phase !== 'claimed') return { refused: `attempt ${row.key} is ${row.phase}, not claimed` }
  if (run.stateType !== 'PENDING') return { refused: `the run is ${run.stateType}, not PENDING` }
  return { ...row, worker, phase: 'intended', target, leaseExpires: now + lease }
}

const ORDER: AttemptPhase[] = ['claimed', 'intended', 'started', 'ended', 'reported', 'removed']

/** Moves on to a later phase; a repeated message changes nothing. Only the attending worker may. */
export function advance(
  row: AttemptRow,
  worker: string,
  to: 'started' | 'ended' | 'reported' | 'removed',
  now: number,
  lease = LEASE_SECONDS,
): AttemptRow | Refusal {
  if (row.worker !== worker) return { refused: `attempt ${row.key} is attended by ${row.worker ?? 'nobody'}, not by ${worker}` }
  if (row.phase === 'lapsed') return { refused: `attempt ${row.key} lapsed before it was intended` }
  // A worker that comes back after its lease ran out, before anyone took over, goes on as if nothing was.
  const present = row.phase === 'unattended' ? (row.phaseBefore ?? 'intended') : row.phase
  if (present === 'claimed') return { refused: `attempt ${row.key} was not intended` }
  const phase = ORDER.indexOf(to) > ORDER.indexOf(present) ? to : present
  const over = phase === 'removed'
  return { ...row, phase, phaseBefore: null, unattendedSince: null, leaseExpires: over ? null : now + lease }
}

/**
 * True when lines of output are to be stored: they begin at the stored cursor. Otherwise they are stored already, or come
 * late, from a worker that was killed since. A sender that does not say where they begin only repeats its last message.
 */
export function isNextOutput(stored: string | null, message: { after?: string | null | undefined; cursor: string }): boolean {
  return message.after === undefined ? stored !== message.cursor : stored === message.after
}

/** Renews the lease of a worker that still attends the attempt. */
export function renew(row: AttemptRow, worker: string, now: number, lease = LEASE_SECONDS): AttemptRow | Refusal {
  if (row.worker !== worker) return { refused: `attempt ${row.key} is attended by ${row.worker ?? 'nobody'}` }
  if (row.phase === 'lapsed' || row.phase === 'removed') return { refused: `attempt ${row.key} is ${row.phase}` }
  const phase = row.phase === 'unattended' ? (row.phaseBefore ?? 'intended') : row.phase
  return { ...row, phase, phaseBefore: null, unattendedSince: null, leaseExpires: now + lease }
}

export type Expiry =
  /** Nothing was intended: the key is cleared and the run is Scheduled again, or Crashed after too many. */
  { kind: 'lapsed'; row: AttemptRow; run: 'reschedule' | 'crash' | 'keep' } | { kind: 'unattended'; row: AttemptRow }

/** The lease ran out. */
export function expire(run: RunRow, row: AttemptRow, now: number): Expiry | null {
  if (row.leaseExpires === null || row.leaseExpires > now) return null
  if (row.phase === 'claimed') {
    const present = run.attemptKey === row.key && run.stateType === 'PENDING'
    const verdict = !present ? 'keep' : run.lapses + 1 >= MAX_LAPSES ? 'crash' : 'reschedule'
    return { kind: 'lapsed', row: { ...row, phase: 'lapsed', leaseExpires: null }, run: verdict }
  }
  if (row.phase === 'removed' || row.phase === 'lapsed' || row.phase === 'unattended') return null
  return {
    kind: 'unattended',
    row: { ...row, phase: 'unattended', phaseBefore: row.phase, leaseExpires: null, unattendedSince: now },
  }
}

/** Any worker that reaches the target takes an unattended attempt over. */
export function takeOver(
  row: AttemptRow,
  worker: string,
  targets: readonly string[],
  now: number,
  lease = LEASE_SECONDS,
): AttemptRow | Refusal {
  if (row.phase !== 'unattended') return { refused: `attempt ${row.key} is attended by ${row.worker ?? 'nobody'} (${row.phase})` }
  if (row.target === null || !targets.includes(row.target)) {
    return { refused: `attempt ${row.key} is on target ${row.target ?? '(none)'}, which ${worker} does not reach` }
  }
  return {
    ...row,
    worker,
    phase: row.phaseBefore ?? 'intended',
    phaseBefore: null,
    unattendedSince: null,
    leaseExpires: now + lease,
  }
}

/** True when an unattended run has waited long enough: nobody came, and its child was not heard of. */
export function isAbandoned(
  run: RunRow,
  row: AttemptRow,
  childHeardAt: number | null,
  now: number,
  patience = UNATTENDED_SECONDS,
): boolean {
  if (row.phase !== 'unattended' || row.unattendedSince === null) return false
  if (run.attemptKey !== row.key || isTerminal(run.stateType)) return false
  // Cancelled means gone: a run whose thing could not be looked at stays Cancelling, and is tried again.
  if (run.stateType === 'CANCELLING') return false
  // Its state was proposed already: only the thing is left to be removed.
  if (row.phaseBefore === 'reported') return false
  return now - Math.max(row.unattendedSince, childHeardAt ?? 0) >= patience
}

export type Cancellation = 'cancelled' | 'cancelling'

/** Scheduled, or claimed without intent: Cancelled at once. Otherwise something may exist and has to be stopped first. */
export function cancel(run: RunRow, row: AttemptRow | null): Cancellation {
  if (row === null || run.attemptKey !== row.key) return run.stateType === 'SCHEDULED' ? 'cancelled' : 'cancelling'
  if (row.phase === 'claimed' || row.phase === 'lapsed') return 'cancelled'
  // A run that was scheduled anew: what the attempt before had started is over.
  const over = row.phase === 'reported' || row.phase === 'removed'
  return over && run.stateType === 'SCHEDULED' ? 'cancelled' : 'cancelling'
}

/** True while a thing may live that runs the user's code: intended, and not yet seen to have ended. */
export function isStarted(row: AttemptRow): boolean {
  const phase = row.phase === 'unattended' ? row.phaseBefore : row.phase
  return phase === 'intended' || phase === 'started'
}

/** The fence: a proposal that names another attempt than the present one is refused. No header, no fence. */
export function fence(run: RunRow, header: string | null): Refusal | null {
  if (header === null || run.attemptKey === header) return null
  return { refused: `The proposal is of attempt ${header}, the run's present attempt is ${run.attemptKey ?? '(none)'}.` }
}
