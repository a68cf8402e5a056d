import type { Attempt, AttemptPhase } from '@aedile/core/attempts/messages'
import type { AttemptRow, RunRow } from '@aedile/core/attempts/transitions'
import type { JsonObject } from '@aedile/core/json'
import type { StateType } from '@aedile/core/states'
import { formatTimestamp, MICROSECONDS_PER_SECOND } from '@aedile/core/time'
import type { Transaction } from '../../store/store.ts'
import type { FlowRunAttemptTable, FlowRunTable } from '../../store/tables.ts'

/** What the rules of attempts need of a flow run. */
export function runFacts(run: Pick<FlowRunTable, 'attempt_key' | 'state_type' | 'lapses'>): RunRow {
  return { attemptKey: run.attempt_key, stateType: (run.state_type ?? 'PENDING') as StateType, lapses: run.lapses }
}

/** A stored attempt as the rules know it: times in seconds. */
export function fromRow(row: FlowRunAttemptTable): AttemptRow {
  return {
    key: row.key,
    flowRunId: row.flow_run_id,
    worker: row.worker,
    phase: row.phase as AttemptPhase,
    phaseBefore: row.phase_before as AttemptPhase | null,
    target: row.target,
    leaseExpires: toSeconds(row.lease_expires),
    unattendedSince: toSeconds(row.unattended_since),
  }
}

/** The columns that the rules decide on. */
export function toColumns(attempt: AttemptRow) {
  return {
    worker: attempt.worker,
    phase: attempt.phase,
    phase_before: attempt.phaseBefore,
    target: attempt.target,
    lease_expires: toMicroseconds(attempt.leaseExpires),
    unattended_since: toMicroseconds(attempt.unattendedSince),
  }
}

/** A stored attempt as the API answers it. */
export function toWireAttempt(row: FlowRunAttemptTable, logCursor: string | null): Attempt {
  return {
    key: row.key,
    flow_run_id: row.flow_run_id,
    work_pool_name: row.work_pool_name,
    worker_name: row.worker,
    phase: row.phase as AttemptPhase,
    phase_before: row.phase_before as AttemptPhase | null,
    handle: row.handle === null ? null : (JSON.parse(row.handle) as JsonObject),
    outcome: row.outcome === null ? null : (JSON.parse(row.outcome) as JsonObject),
    log_cursor: logCursor,
    lease_expires: row.lease_expires === null ? null : formatTimestamp(row.lease_expires),
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
  }
}

/** Reads an attempt under a lock, or null. Lock the run first, always in this order. */
export async function lockAttempt(transaction: Transaction, key: string): Promise<FlowRunAttemptTable | null> {
  const query = transaction.db.selectFrom('flow_run_attempt').selectAll().where('key', '=', key)
  return (await (transaction.kind === 'postgres' ? query.forUpdate() : query).executeTakeFirst()) ?? null
}

const toSeconds = (time: number | null) => (time === null ? null : time / MICROSECONDS_PER_SECOND)
const toMicroseconds = (seconds: number | null) => (seconds === null ? null : Math.round(seconds * MICROSECONDS_PER_SECOND))
