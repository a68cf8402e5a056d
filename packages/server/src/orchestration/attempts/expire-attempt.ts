import { MAX_LAPSES } from '@aedile/core/attempts/messages'
import { expire, isAbandoned } from '@aedile/core/attempts/transitions'
import { formatTimestamp, MICROSECONDS_PER_SECOND } from '@aedile/core/time'
import { readDatabaseClock } from '../../dispatch/database-clock.ts'
import type { Transaction } from '../../store/store.ts'
import type { FlowRunAttemptTable, FlowRunTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { writeAnnounced } from '../announce.ts'
import { writeFlowRunPolicy } from '../policy.ts'
import { buildState } from '../run-state.ts'
import { changeFlowRunState, readFlowRunState } from '../set-flow-run-state.ts'
import { fromRow, lockAttempt, runFacts, toColumns } from './attempt-row.ts'
import { lockRunOfAttempt } from './change-attempt.ts'

/** The label of a deployment (and so of its runs) that says what a lost worker means: `reschedule`, else the run crashes. */
const ON_WORKER_LOSS_LABEL = 'aedile.on-worker-loss'

type Held = { run: FlowRunTable; attempt: FlowRunAttemptTable; nowSeconds: number }

/** Applies that an attempt's lease has run out, if it still has. */
export async function expireAttempt(workspace: Workspace, key: string): Promise<void> {
  await changeLocked(workspace, key, async (transaction, { run, attempt, nowSeconds }) => {
    const expiry = expire(runFacts(run), fromRow(attempt), nowSeconds)
    if (expiry === null) return
    await transaction.db.updateTable('flow_run_attempt').set(toColumns(expiry.row)).where('key', '=', key).execute()
    if (expiry.kind === 'unattended' || expiry.run === 'keep') return
    if (expiry.run === 'crash') await crashLapsed(transaction, run)
    else await reschedule(transaction, run, `Worker ${nameOf(attempt)} claimed this flow run and was not heard of again.`)
    const columns = { attempt_key: null, lapses: run.lapses + 1 }
    await transaction.db.updateTable('flow_run').set(columns).where('id', '=', run.id).execute()
  })
}

/** Gives up a run whose attempt nobody attended for too long. The attempt stays, to be reaped when its target is reached. */
export async function abandonAttempt(workspace: Workspace, key: string): Promise<void> {
  await changeLocked(workspace, key, async (transaction, { run, attempt, nowSeconds }) => {
    const heardAt = run.child_heard_at === null ? null : run.child_heard_at / MICROSECONDS_PER_SECOND
    const patience = workspace.settings.attemptUnattendedSeconds
    if (!isAbandoned(runFacts(run), fromRow(attempt), heardAt, nowSeconds, patience)) return
    if (await waitsForAnotherAttempt(transaction, run)) {
      await transaction.db.updateTable('flow_run').set({ attempt_key: null }).where('id', '=', run.id).execute()
      return
    }
    const since = formatTimestamp(attempt.unattended_since!)
    const reason = `Its worker ${nameOf(attempt)} is gone since ${since}, and what it had started could not be looked at.`
    if (!isRescheduledOnLoss(run)) {
      await changeFlowRunState(transaction, {
        flowRunId: run.id,
        proposed: buildState({ type: 'CRASHED', message: reason }),
        force: true,
      })
      return
    }
    await reschedule(transaction, run, reason)
    const columns = { attempt_key: null, infrastructure_pid: null, infrastructure_status: null }
    await transaction.db.updateTable('flow_run').set(columns).where('id', '=', run.id).execute()
  })
}

async function changeLocked(
  workspace: Workspace,
  key: string,
  change: (transaction: Transaction, held: Held) => Promise<void>,
): Promise<void> {
  await writeAnnounced(workspace, async (transaction) => {
    const run = await lockRunOfAttempt(transaction, key)
    const attempt = await lockAttempt(transaction, key)
    if (run === null || attempt === null) return
    await change(transaction, { run, attempt, nowSeconds: (await readDatabaseClock(transaction)) / MICROSECONDS_PER_SECOND })
    transaction.afterCommit(() => workspace.changes.emit('dispatch', []))
  })
}

async function crashLapsed(transaction: Transaction, run: FlowRunTable): Promise<void> {
  const message = `${MAX_LAPSES} workers in a row claimed this flow run and were not heard of again before they started anything.`
  await changeFlowRunState(transaction, { flowRunId: run.id, proposed: buildState({ type: 'CRASHED', message }), force: true })
}

/** Back to the queue, for the time that it was scheduled for. */
async function reschedule(transaction: Transaction, run: FlowRunTable, message: string): Promise<void> {
  const state = await readFlowRunState(transaction, run.state_id)
  const details = { scheduled_time: state?.state_details.scheduled_time ?? null }
  await changeFlowRunState(transaction, {
    flowRunId: run.id,
    proposed: buildState({ type: 'SCHEDULED', message, details }),
    force: true,
  })
  const written = { ...run }
  writeFlowRunPolicy(written, { retry_type: 'reschedule' })
  const { empirical_policy, retry_type } = written
  await transaction.db.updateTable('flow_run').set({ empirical_policy, retry_type }).where('id', '=', run.id).execute()
}

/** A run that is queued again or suspended needs nothing of the attempt that it had. */
async function waitsForAnotherAttempt(transaction: Transaction, run: FlowRunTable): Promise<boolean> {
  if (run.state_type === 'SCHEDULED') return run.retry_type !== 'in_process'
  if (run.state_type !== 'PAUSED') return false
  return (await readFlowRunState(transaction, run.state_id))?.state_details.pause_reschedule === true
}

function isRescheduledOnLoss(run: FlowRunTable): boolean {
  return (JSON.parse(run.labels) as Record<string, unknown>)[ON_WORKER_LOSS_LABEL] === 'reschedule'
}

const nameOf = (attempt: FlowRunAttemptTable) => (attempt.worker === null ? '(unnamed)' : attempt.worker)
