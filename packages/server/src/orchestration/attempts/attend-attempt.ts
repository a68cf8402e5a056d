import type { Attempt } from '@aedile/core/attempts/messages'
import { advance, intend, renew, takeOver } from '@aedile/core/attempts/transitions'
import type { JsonObject } from '@aedile/core/json'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import type { NewLog } from '../../store/queries/append-lines.ts'
import type { Transaction } from '../../store/store.ts'
import type { FlowRunAttemptTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { changeAttempt } from './change-attempt.ts'
import { advanceOutput } from './output-cursor.ts'

/** The messages of a worker that attends an attempt, in the order of the attempt's life. */

type Decide = Parameters<typeof changeAttempt>[2]
/** What else one message does, in the same unit of work. */
type Also = (transaction: Transaction, attempt: FlowRunAttemptTable) => Promise<void>

/** Accepts that something will be started. Nothing is created in the world before this. */
export function intendAttempt(
  workspace: Workspace,
  key: string,
  worker: string,
  handle: JsonObject,
  also?: Also,
): Promise<Attempt> {
  const target = typeof handle.target === 'string' ? handle.target : ''
  return changeAttempt(
    workspace,
    key,
    (run, attempt, now, lease) => intend(run, attempt, worker, target, now, lease),
    { handle: JSON.stringify(handle) },
    async (transaction, attempt) => {
      await transaction.db.updateTable('flow_run').set({ lapses: 0 }).where('id', '=', attempt.flow_run_id).execute()
      await also?.(transaction, attempt)
    },
  )
}

/** Stores what is known of the thing now that it exists. */
export function recordAttempt(
  workspace: Workspace,
  key: string,
  worker: string,
  handle: JsonObject,
  also?: Also,
): Promise<Attempt> {
  const started: Decide = (_, attempt, now, lease) => advance(attempt, worker, 'started', now, lease)
  return changeAttempt(workspace, key, started, { handle: JSON.stringify(handle) }, also)
}

/** Stores lines of output and the cursor right after them. */
export function takeOutput(
  workspace: Workspace,
  key: string,
  worker: string,
  output: { lines: readonly NewLog[]; cursor: string; after?: string | null | undefined },
): Promise<Attempt> {
  return changeAttempt(
    workspace,
    key,
    (_, attempt, now, lease) => renew(attempt, worker, now, lease),
    {},
    (transaction) => advanceOutput(transaction, workspace.changes, { attempt: key, ...output }),
  )
}

/** Stores how the thing ended. */
export function endAttempt(
  workspace: Workspace,
  key: string,
  worker: string,
  outcome: JsonObject,
  also?: Also,
): Promise<Attempt> {
  return changeAttempt(
    workspace,
    key,
    (_, attempt, now, lease) => advance(attempt, worker, 'ended', now, lease),
    { outcome: JSON.stringify(outcome) },
    async (transaction, attempt) => {
      const run = transaction.db.updateTable('flow_run').set({ infrastructure_status: null })
      await run.where('id', '=', attempt.flow_run_id).where('attempt_key', '=', key).execute()
      await also?.(transaction, attempt)
    },
  )
}

/** The run's state was proposed from the outcome. */
export function reportAttempt(workspace: Workspace, key: string, worker: string): Promise<Attempt> {
  return changeAttempt(workspace, key, (_, attempt, now, lease) => advance(attempt, worker, 'reported', now, lease))
}

/** Nothing is left of the attempt, or it is kept because somebody asked. */
export function removeAttempt(workspace: Workspace, key: string, worker: string): Promise<Attempt> {
  return changeAttempt(workspace, key, (_, attempt, now, lease) => advance(attempt, worker, 'removed', now, lease))
}

/** Gives an unattended attempt to a worker that reaches its target. */
export function takeOverAttempt(workspace: Workspace, key: string, worker: string, targets: string[]): Promise<Attempt> {
  return changeAttempt(workspace, key, (_, attempt, now, lease) => takeOver(attempt, worker, targets, now, lease))
}

/** Shows progress that is no state. `since` stays while the phase stays. */
export function showAttemptStatus(
  workspace: Workspace,
  key: string,
  worker: string,
  status: { phase: string; detail: string | null },
): Promise<Attempt> {
  return changeAttempt(
    workspace,
    key,
    (_, attempt, now, lease) => renew(attempt, worker, now, lease),
    {},
    async ({ db }, { flow_run_id }) => {
      const run = await db
        .selectFrom('flow_run')
        .select(['infrastructure_status', 'attempt_key'])
        .where('id', '=', flow_run_id)
        .executeTakeFirst()
      if (run?.attempt_key !== key) return
      const before = run.infrastructure_status === null ? null : (JSON.parse(run.infrastructure_status) as JsonObject)
      const since = before?.phase === status.phase ? before.since : formatTimestamp(nowMicroseconds())
      const shown = JSON.stringify({ ...status, since })
      await db.updateTable('flow_run').set({ infrastructure_status: shown }).where('id', '=', flow_run_id).execute()
    },
  )
}
