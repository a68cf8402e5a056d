import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The process of one served run. */
export type RunProcess = {
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** SIGTERM, and after a grace SIGKILL. */
  stop: () => void
}

const GRACE_SECONDS = 30
const EXECUTE = fileURLToPath(new URL('../../bin/aedile-execute.js', import.meta.url))

/** Starts aedile-execute for one flow run, with this Node and its flags. */
export function startRunProcess(flowRunId: string, environment: Record<string, string>): RunProcess {
  const child = spawn(process.execPath, [...process.execArgv, EXECUTE, flowRunId], {
    stdio: 'inherit',
    env: {
      ...process.env,
      ...environment,
      PREFECT__FLOW_RUN_ID: flowRunId,
      // When we are stopped, what was going on shall run again later.
      AEDILE_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR: process.env.AEDILE_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR ?? 'reschedule',
    },
  })
  let killing: NodeJS.Timeout | null = null
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      if (killing) clearTimeout(killing)
      resolve({ code, signal })
    })
  })
  const stop = () => {
    child.kill('SIGTERM')
    killing ??= setTimeout(() => child.kill('SIGKILL'), GRACE_SECONDS * 1000)
  }
  return { ended, stop }
}
