import { readFileSync } from 'node:fs'
import { executeRun } from './execute-run.ts'
import { createSessionForRun } from './run-session.ts'
import { handleTermination } from './termination.ts'

const USAGE = `Usage: aedile-execute [flow-run-id]

Executes one flow run in this process: the one given, or PREFECT__FLOW_RUN_ID.
Needs AEDILE_API_URL or PREFECT_API_URL. Workers start it; a person may, too.

Exit codes: 0 the run's end is known to the server, 1 it could not be executed,
143 it was ended by a signal.
`

/** The program aedile-execute. Returns its exit code. */
export async function main(args: string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) return print(USAGE)
  if (args.includes('--version')) return print(`${readVersion()}\n`)
  const flowRunId = args[0] ?? process.env.PREFECT__FLOW_RUN_ID
  if (!flowRunId) {
    process.stderr.write(`aedile-execute: no flow run is named.\n\n${USAGE}`)
    return 1
  }
  try {
    const session = await createSessionForRun()
    const control = new AbortController()
    const options = { behavior: session.settings.sigtermBehavior, attempt: session.settings.attempt }
    const stopHandling = handleTermination(session.client, flowRunId, options, control)
    try {
      return await executeRun(session, flowRunId, control.signal)
    } finally {
      stopHandling()
    }
  } catch (error) {
    process.stderr.write(`aedile-execute: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return (manifest as { version: string }).version
}
