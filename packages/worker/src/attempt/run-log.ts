import type { ApiClient } from '@aedile/core/client/client'
import { sendLogs } from '@aedile/core/client/logs'
import { LOG_LEVELS, type LogCreate } from '@aedile/core/resources/log'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import { Gatherer } from '../gatherer.ts'
import type { WorkerContext } from '../worker-context.ts'

/** Sends lines that come together together. */
export function openRunLog(client: ApiClient): Gatherer<LogCreate, null> {
  return new Gatherer(async (lines) => {
    await sendLogs(client, lines)
    return lines.map(() => null)
  })
}

/** Writes a line of the worker into a run's log. A line that cannot be sent is written to the worker's log instead. */
export async function writeRunLog(
  context: Pick<WorkerContext, 'lines' | 'log'>,
  flowRunId: string,
  level: keyof typeof LOG_LEVELS,
  message: string,
): Promise<void> {
  const timestamp = formatTimestamp(nowMicroseconds())
  const line = { name: 'prefect.flow_runs.worker', level: LOG_LEVELS[level], message, timestamp, flow_run_id: flowRunId }
  await context.lines.add(line).catch((error: unknown) => {
    context.log.warn({ err: error, flowRunId }, message)
  })
}
