import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, waitForHttp } from '../support/network.ts'
import { type Command, type Running, runCommand, startCommand } from './commands.ts'

const environment = fileURLToPath(new URL('../../.cache/python', import.meta.url))

/** The Python of the environment that scripts/install-heavy.sh makes. */
export const python = join(environment, 'bin/python')
const prefect = join(environment, 'bin/prefect')

/** Where the flows of these suites are. */
export const flowsFolder = fileURLToPath(new URL('./flows', import.meta.url))

/** True when the environment is there; without it the suites are reported as skipped. */
export const hasGenuine = existsSync(join(environment, '.installed'))

/** What a suite is called: with the reason when it is skipped. */
export function title(name: string): string {
  return hasGenuine ? name : `${name} (skipped: no .cache/python, run scripts/install-heavy.sh)`
}

/** A server under test: ours or a genuine one. */
export type ServerUnderTest = { name: string; apiUrl: string; stop: () => Promise<void> }

/** Starts a genuine server with a database of its own. */
export async function startGenuineServer(): Promise<ServerUnderTest> {
  const port = await freePort()
  const server = startCommand({
    file: prefect,
    args: ['server', 'start', '--host', '127.0.0.1', '--port', String(port), '--no-ui'],
    cwd: flowsFolder,
    env: QUIET,
  })
  const apiUrl = `http://127.0.0.1:${port}/api`
  try {
    await waitForHttp(`${apiUrl}/health`, server.program.child, 90)
  } catch (error) {
    await server.stop()
    throw new Error(`${(error as Error).message}\n${server.output()}`)
  }
  return { name: 'genuine', apiUrl, stop: server.stop }
}

/** Runs a Python file, or `-c` with a program, against a server and returns its output. */
export function runPython(args: string[], apiUrl: string): Promise<string> {
  return runCommand(clientCommand(python, args, apiUrl))
}

/** Starts a Python file that goes on until it is ended. */
export function startPython(args: string[], apiUrl: string): Running {
  return startCommand(clientCommand(python, args, apiUrl))
}

/** Starts a Python file that is spoken to through its stdin. */
export function startPythonSession(args: string[], apiUrl: string): Running {
  return startCommand(clientCommand(python, args, apiUrl), { withInput: true })
}

/** Starts a genuine worker. */
export function startGenuineWorker(apiUrl: string, pool: string): Running {
  return startCommand(clientCommand(prefect, ['worker', 'start', '--pool', pool, '--name', 'a-worker'], apiUrl))
}

const QUIET = { PREFECT_SERVER_ANALYTICS_ENABLED: 'false', DO_NOT_TRACK: '1', PYTHONDONTWRITEBYTECODE: '1' }

function clientCommand(file: string, args: string[], apiUrl: string): Command {
  const env = {
    ...QUIET,
    PREFECT_API_URL: apiUrl,
    PREFECT_WORKER_QUERY_SECONDS: '1',
    PREFECT_RUNNER_POLL_FREQUENCY: '1',
    PREFECT_CLI_COLORS: 'false',
    COLUMNS: '400',
    PATH: `${join(environment, 'bin')}:${process.env.PATH}`,
  }
  return { file, args, cwd: flowsFolder, env }
}
