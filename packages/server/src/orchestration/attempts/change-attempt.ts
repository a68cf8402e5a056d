import type { Attempt } from '@aedile/core/attempts/messages'
import { type AttemptRow, isRefusal, type Refusal, type RunRow } from '@aedile/core/attempts/transitions'
import { AedileError } from '@aedile/core/errors'
import { MICROSECONDS_PER_SECOND } from '@aedile/core/time'
import { readDatabaseClock } from '../../dispatch/database-clock.ts'
import type { Transaction } from '../../store/store.ts'
import type { FlowRunAttemptTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { lockFlowRun } from '../set-flow-run-state.ts'
import { fromRow, lockAttempt, runFacts, toColumns } from './attempt-row.ts'
import { toWireAttempts } from './output-cursor.ts'

/** What a message writes beside what the rules decide. */
type MessageColumns = Partial<Pick<FlowRunAttemptTable, 'handle' | 'outcome'>>

/** Applies a rule of the protocol to an attempt, under the locks of its run and of itself. A refusal is a 409. */
export async function changeAttempt(
  workspace: Workspace,
  key: string,
  decide: (run: RunRow, attempt: AttemptRow, nowSeconds: number, leaseSeconds: number) => AttemptRow | Refusal,
  columns: MessageColumns = {},
  afterwards?: (transaction: Transaction, attempt: FlowRunAttemptTable) => Promise<void>,
): Promise<Attempt> {
  return workspace.store.write(async (transaction) => {
    const run = await lockRunOfAttempt(transaction, key)
    const before = await lockAttempt(transaction, key)
    if (run === null || before === null) throw new AedileError('not_found', { what: `Attempt ${key}` })
    const now = await readDatabaseClock(transaction)
    const decided = decide(runFacts(run), fromRow(before), now / MICROSECONDS_PER_SECOND, workspace.settings.attemptLeaseSeconds)
    if (isRefusal(decided)) throw new AedileError('attempt_refused', { reason: decided.refused })
    const after = { ...before, ...toColumns(decided), ...columns, updated: now }
    await transaction.db.updateTable('flow_run_attempt').set(after).where('key', '=', key).execute()
    await afterwards?.(transaction, after)
    const [answer] = await toWireAttempts(transaction.db, [after])
    return answer!
  })
}

/** Locks the run that an attempt is of; null when there is no such attempt. */
export async function lockRunOfAttempt(transaction: Transaction, key: string) {
  const row = await transaction.db.selectFrom('flow_run_attempt').select('flow_run_id').where('key', '=', key).executeTakeFirst()
  return row === undefined ? null : lockFlowRun(transaction, row.flow_run_id)
}
