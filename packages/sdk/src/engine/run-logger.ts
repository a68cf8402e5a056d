import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import { LOG_LEVELS } from '../log-levels.ts'
import { createLogger, formatConsoleLine, type RunLogger } from '../logger.ts'
import type { Session } from '../session.ts'

const MINIMUM_LEVEL = { trace: 0, debug: 10, info: 20, warn: 30, error: 40, fatal: 50, silent: 1000 }

/** The logger of a flow run or task run: the console, and the run's logs on the server. */
export function createRunLogger(
  session: Pick<Session, 'logs' | 'writeLine'> & { settings: Pick<Session['settings'], 'logLevel' | 'consoleLogs'> },
  run: { flowRunId: string | null; taskRunId: string | null; recorded: boolean; label: string },
): RunLogger {
  const name = run.taskRunId ? 'prefect.task_runs' : 'prefect.flow_runs'
  return createLogger(MINIMUM_LEVEL[session.settings.logLevel] ?? LOG_LEVELS.info, (line) => {
    if (session.settings.consoleLogs) session.writeLine(formatConsoleLine(line, run.label))
    if (!run.recorded) return
    session.logs?.add({
      name,
      level: line.level,
      message: line.message,
      timestamp: formatTimestamp(nowMicroseconds()),
      flow_run_id: run.flowRunId,
      task_run_id: run.taskRunId,
    })
  })
}
