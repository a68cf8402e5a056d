import { readFlowRun } from '@aedile/core/client/flow-runs'
import { isAedileError } from '@aedile/core/errors'
import type { Handle } from '@aedile/core/infrastructure-definition'
import { isTerminal } from '@aedile/core/states'
import type { WorkerContext } from '../worker-context.ts'

/**
 * Removes what ended attempts left on the target: things with this server's label, of runs that are over or gone, that
 * nobody attends. A thing that still runs for such a run is stopped first: the run is over, whatever the thing thinks.
 */
export async function reap(context: WorkerContext, isAttended: (attempt: string) => boolean): Promise<void> {
  for await (const handle of context.connection.list(context.ledger.serverId)) {
    if (context.signal.aborted) return
    if (isAttended(handle.attempt) || handle.flowRunId === null) continue
    if (!(await isOver(context, handle))) continue
    await context.connection.stop(handle, handle.graceSeconds).catch(ignoreGone)
    await context.connection.remove(handle).catch(ignoreGone)
    await context.ledger.remove(handle.attempt).catch((error: unknown) => {
      // Somebody else attends it in the table, or it has no row there: what is gone is gone.
      context.log.debug({ err: error, attempt: handle.attempt }, 'A removed attempt could not be noted')
    })
    context.log.info({ flowRunId: handle.flowRunId, name: handle.name }, 'Removed what an ended run had left')
  }
}

/** True when the run is over, or was deleted. */
async function isOver(context: WorkerContext, handle: Handle): Promise<boolean> {
  try {
    const run = await readFlowRun(context.client, handle.flowRunId!)
    return isTerminal(run.state_type)
  } catch (error) {
    if (isAedileError(error, 'api_not_found')) return true
    throw error
  }
}

function ignoreGone(error: unknown): void {
  if (!isAedileError(error, 'infrastructure_not_found') && !isAedileError(error, 'infrastructure_not_available')) throw error
}
