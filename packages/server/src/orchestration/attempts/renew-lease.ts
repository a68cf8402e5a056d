import type { AttemptPhase, LeaseAnswer } from '@aedile/core/attempts/messages'
import { isRefusal, renew } from '@aedile/core/attempts/transitions'
import { MICROSECONDS_PER_SECOND } from '@aedile/core/time'
import { readDatabaseClock } from '../../dispatch/database-clock.ts'
import type { Transaction } from '../../store/store.ts'
import type { FlowRunAttemptTable, FlowRunTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { fromRow, toColumns } from './attempt-row.ts'
import { toWireAttempts } from './output-cursor.ts'

/** As many unattended attempts are offered at once. */
const OFFERED = 50
/** Phases in which a thing may exist that runs the user's code. */
const EXISTING: readonly AttemptPhase[] = ['intended', 'started', 'unattended']

type LeaseRequest = { pool: string; worker: string; targets: string[]; attempts: string[] }

/** Renews the lease of all attempts of a worker, tells it which are no longer its own, what to stop and what nobody attends. */
export async function renewWorkerLease(workspace: Workspace, request: LeaseRequest): Promise<LeaseAnswer> {
  const { attemptLeaseSeconds } = workspace.settings
  return workspace.store.write(async (transaction) => {
    const now = await readDatabaseClock(transaction)
    const rows = await lockAttempts(transaction, request.attempts)
    const held: FlowRunAttemptTable[] = []
    for (const row of rows) {
      const renewed = renew(fromRow(row), request.worker, now / MICROSECONDS_PER_SECOND, attemptLeaseSeconds)
      if (isRefusal(renewed)) continue
      const columns = toColumns(renewed)
      await transaction.db.updateTable('flow_run_attempt').set(columns).where('key', '=', row.key).execute()
      held.push({ ...row, ...columns })
    }
    const keys = new Set(held.map((row) => row.key))
    return {
      held: [...keys],
      lost: request.attempts.filter((key) => !keys.has(key)),
      cancelling: await listToStop(transaction, held),
      unattended: await toWireAttempts(transaction.db, await listUnattended(transaction, request)),
    }
  })
}

async function lockAttempts(transaction: Transaction, keys: readonly string[]): Promise<FlowRunAttemptTable[]> {
  if (keys.length === 0) return []
  const query = transaction.db
    .selectFrom('flow_run_attempt')
    .selectAll()
    .where('key', 'in', [...keys])
    .orderBy('key')
  return (transaction.kind === 'postgres' ? query.forUpdate() : query).execute()
}

/** What is to be stopped: the run is cancelled, or went on without this attempt while its thing may still run. */
async function listToStop({ db }: Transaction, held: readonly FlowRunAttemptTable[]): Promise<LeaseAnswer['cancelling']> {
  const existing = held.filter((attempt) => EXISTING.includes(attempt.phase as AttemptPhase))
  if (existing.length === 0) return []
  const runs = await db
    .selectFrom('flow_run')
    .select(['id', 'state_type', 'attempt_key'])
    .where(
      'id',
      'in',
      existing.map((attempt) => attempt.flow_run_id),
    )
    .execute()
  const byId = new Map(runs.map((run) => [run.id, run]))
  return existing
    .filter((attempt) => isToStop(byId.get(attempt.flow_run_id), attempt.key))
    .map((attempt) => ({ flow_run_id: attempt.flow_run_id, attempt: attempt.key }))
}

function isToStop(run: Pick<FlowRunTable, 'state_type' | 'attempt_key'> | undefined, key: string): boolean {
  if (run === undefined || run.attempt_key !== key) return true
  return run.state_type === 'CANCELLING' || run.state_type === 'CANCELLED'
}

async function listUnattended({ db }: Transaction, { pool, targets }: LeaseRequest): Promise<FlowRunAttemptTable[]> {
  if (targets.length === 0) return []
  return db
    .selectFrom('flow_run_attempt')
    .selectAll()
    .where('phase', '=', 'unattended')
    .where('work_pool_name', '=', pool)
    .where('target', 'in', targets)
    .orderBy('unattended_since')
    .limit(OFFERED)
    .execute()
}
