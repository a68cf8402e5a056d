import { fileURLToPath } from 'node:url'
import { startSystem } from '../support/system.ts'
import { type Command, type Running, runCommand, startCommand } from './commands.ts'
import { flowsFolder, python, type ServerUnderTest } from './genuine.ts'

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

/** Starts our server with a database of its own, as a user does. */
export async function startOurServer(): Promise<ServerUnderTest> {
  const system = await startSystem()
  return { name: 'ours', apiUrl: system.url, stop: () => system.close() }
}

/** Starts our worker. Python entrypoints run in the environment of the project. */
export function startOurWorker(apiUrl: string, pool: string, environment: Record<string, string> = {}): Running {
  const command = nodeCommand([main, 'worker', 'start', '--pool', pool, '--name', 'a-worker'], apiUrl)
  return startCommand({ ...command, env: { ...command.env, ...environment } })
}

/** Runs a flow file to its end. */
export function runNode(args: string[], apiUrl: string): Promise<string> {
  return runCommand(nodeCommand(args, apiUrl))
}

/** Starts a flow file that goes on until it is ended. */
export function startNode(args: string[], apiUrl: string): Running {
  return startCommand(nodeCommand(args, apiUrl))
}

function nodeCommand(args: string[], apiUrl: string): Command {
  const env = {
    AEDILE_API_URL: apiUrl,
    AEDILE_WORKER_QUERY_SECONDS: '1',
    AEDILE_RUNNER_POLL_FREQUENCY: '1',
    AEDILE_PYTHON: python,
    DO_NOT_TRACK: '1',
  }
  return {
    file: process.execPath,
    args: ['--conditions=aedile-source', '--disable-warning=ExperimentalWarning', ...args],
    cwd: flowsFolder,
    env,
  }
}
