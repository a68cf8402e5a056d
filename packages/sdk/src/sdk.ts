import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createRunLogger } from './engine/run-logger.ts'
import type { RunLogger } from './logger.ts'
import { runContextStorage } from './run-context.ts'

export type { FlowHook, FlowOptions, HookState, TaskHook, TaskOptions } from './definition.ts'
export { type Flow, type FlowCall, flow } from './flow.ts'
export type { RunLogger } from './logger.ts'
export { exponentialBackoff } from './retry-delay.ts'
export { type RunContext, runContext } from './run-context.ts'
export { type Task, task } from './task.ts'

/** The logger of the run that this code belongs to; outside of any run it writes to the console only. */
export function getRunLogger(): RunLogger {
  const store = runContextStorage().getStore()
  const logger = store?.task?.logger ?? store?.flow?.logger
  if (logger) return logger
  const settings = { logLevel: 'info' as const, consoleLogs: true }
  const writeLine = (line: string) => void process.stderr.write(`${line}\n`)
  return createRunLogger(
    { settings, writeLine, logs: null },
    { flowRunId: null, taskRunId: null, recorded: false, label: 'No run' },
  )
}

/** True in the file that Node was started with: `if (isMain(import.meta)) await report.serve()`. */
export function isMain(meta: ImportMeta): boolean {
  const started = process.argv[1]
  if (started === undefined) return false
  try {
    return realpathSync(started) === realpathSync(fileURLToPath(meta.url))
  } catch {
    return false
  }
}
