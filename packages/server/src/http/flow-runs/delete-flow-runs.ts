import type { StateType } from '@aedile/core/states'
import { holdsSlot, releaseDeploymentSlot } from '../../orchestration/rules/release-flow-concurrency-slots.ts'
import { lockFlowRun, readFlowRunState } from '../../orchestration/set-flow-run-state.ts'
import type { Transaction } from '../../store/store.ts'
import type { Workspace } from '../../workspace.ts'

/** Lines of a log that one unit of work deletes. */
const LINES = 2000

/** Deletes flow runs with what belongs to them, gives their slots back, and answers the ids that there were. */
export async function deleteFlowRuns(workspace: Workspace, ids: readonly string[]): Promise<string[]> {
  const deleted = await workspace.store.write(async (transaction) => {
    const done: string[] = []
    for (const id of [...ids].sort()) if (await deleteFlowRun(transaction, id)) done.push(id)
    return ids.filter((id) => done.includes(id))
  })
  for (const id of deleted) void deleteLogs(workspace, id)
  if (deleted.length > 0) workspace.changes.emit('dispatch', [])
  return deleted
}

async function deleteFlowRun(transaction: Transaction, id: string): Promise<boolean> {
  const run = await lockFlowRun(transaction, id)
  if (run === null) return false
  const state = await readFlowRunState(transaction, run.state_id)
  if (state !== null && holdsSlot(run.state_type as StateType)) await releaseDeploymentSlot(transaction, run, state)
  await transaction.db.deleteFrom('flow_run').where('id', '=', id).execute()
  return true
}

/** The lines of a run's log go after the answer, some at a time; retention takes what is left by a failure. */
async function deleteLogs(workspace: Workspace, id: string): Promise<void> {
  try {
    for (let left = true; left; ) left = (await workspace.store.write((transaction) => deleteSomeLines(transaction, id))) > 0
  } catch (error) {
    workspace.log.warn({ error, flowRunId: id }, "the deleted flow run's log could not be deleted")
  }
}

async function deleteSomeLines({ db }: Transaction, id: string): Promise<number> {
  const lines = db.selectFrom('log').select('sequence').where('flow_run_id', '=', id).orderBy('sequence').limit(1).offset(LINES)
  const next = await lines.executeTakeFirst()
  const some = db.deleteFrom('log').where('flow_run_id', '=', id)
  const { numDeletedRows } = await (next ? some.where('sequence', '<', next.sequence) : some).executeTakeFirst()
  return next ? Number(numDeletedRows) : 0
}
