import { readFlowRun } from '@aedile/core/client/flow-runs'
import { isAedileError } from '@aedile/core/errors'
import type { Handle } from '@aedile/core/infrastructure-definition'
import { isTerminal } from '@aedile/core/states'
import { parseTimestamp } from '@aedile/core/time'
import type { WorkerContext } from '../worker-context.ts'

/** A run that is over for less is still somebody's: its worker sends the last output, or removes it at this moment. */
const OVER_SECONDS = 240

/**
 * Removes what ended attempts left on the target: things with this server's label, of runs that are over or gone, that
 * nobody attends. A thing that still runs for such a run is stopped first: the run is over, whatever the thing thinks.
 * What shall be kept is ended once, noted in `kept`, and then left alone: there may be thousands.
 */
export async function reap(
  context: WorkerContext,
  isAttended: (attempt: string) => boolean,
  nowMilliseconds: () => number = Date.now,
  kept: Set<string> = new Set(),
): Promise<void> {
  for await (const handle of context.connection.list(context.ledger.serverId)) {
    if (context.signal.aborted) return
    if (isAttended(handle.attempt) || kept.has(handle.attempt) || handle.flowRunId === null) continue
    if (!(await isOver(context, handle.flowRunId, nowMilliseconds()))) continue
    if ((await removeLeftover(context, handle)) && handle.keep) kept.add(handle.attempt)
  }
}

async function removeLeftover(context: WorkerContext, handle: Handle): Promise<boolean> {
  const facts = { flowRunId: handle.flowRunId, name: handle.name }
  try {
    await context.connection.stop(handle, handle.graceSeconds).catch(ignoreGone)
    await context.connection.remove(handle).catch(ignoreGone)
  } catch (error) {
    // One that cannot be removed must not keep the others.
    context.log.warn({ err: error, ...facts }, 'What an ended run left could not be removed; trying again later')
    return false
  }
  await context.ledger.remove(handle.attempt).catch((error: unknown) => {
    // Somebody else attends it in the table, or it has no row there: what is gone is gone.
    context.log.debug({ err: error, attempt: handle.attempt }, 'A removed attempt could not be noted')
  })
  if (!handle.keep) context.log.info(facts, 'Removed what an ended run had left')
  return true
}

/** True when the run has been over for long enough, or was deleted. */
async function isOver(context: WorkerContext, flowRunId: string, nowMilliseconds: number): Promise<boolean> {
  try {
    const run = await readFlowRun(context.client, flowRunId)
    if (!isTerminal(run.state_type)) return false
    const ended = (parseTimestamp(run.state?.timestamp) ?? 0) / 1000
    return nowMilliseconds - ended > OVER_SECONDS * 1000
  } catch (error) {
    if (isAedileError(error, 'api_not_found') && error.details.body !== null) return true
    throw error
  }
}

function ignoreGone(error: unknown): void {
  if (!isAedileError(error, 'infrastructure_not_found') && !isAedileError(error, 'infrastructure_not_available')) throw error
}
