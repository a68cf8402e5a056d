import { sendLogs } from '@aedile/core/client/logs'
import { LOG_LEVELS } from '@aedile/core/resources/log'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import type { WorkerContext } from '../worker-context.ts'

/** Writes a line of the worker into a run's log. A line that cannot be sent is written to the worker's log instead. */
export async function writeRunLog(
  context: Pick<WorkerContext, 'client' | 'log'>,
  flowRunId: string,
  level: keyof typeof LOG_LEVELS,
  message: string,
): Promise<void> {
  const timestamp = formatTimestamp(nowMicroseconds())
  const line = { name: 'prefect.flow_runs.worker', level: LOG_LEVELS[level], message, timestamp, flow_run_id: flowRunId }
  await sendLogs(context.client, [line]).catch((error: unknown) => {
    context.log.warn({ err: error, flowRunId }, message)
  })
}
