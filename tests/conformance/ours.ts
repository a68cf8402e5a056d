import { fileURLToPath } from 'node:url'
import { until, waitForHttp } from '../support/network.ts'
import { type Command, type Running, runCommand, startCommand } from './commands.ts'
import { flowsFolder, python, type ServerUnderTest } from './genuine.ts'

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
const NODE_OPTIONS = ['--conditions=source', '--disable-warning=ExperimentalWarning']

/** Starts our server with a database of its own, as a user does. */
export async function startOurServer(): Promise<ServerUnderTest> {
  const server = startCommand(aedileCommand(['--json', 'server', 'start', '--port', '0'], ''))
  try {
    const url = await until(
      'our server tells its address',
      async () => {
        if (server.child.exitCode !== null) throw new Error('our server ended')
        return /"url":\s*"([^"]+)"/.exec(server.output())?.[1]
      },
      30,
    )
    await waitForHttp(`${url}/health`, server.child, 30)
    return { name: 'ours', apiUrl: url, stop: server.stop }
  } catch (error) {
    await server.stop()
    throw new Error(`${(error as Error).message}\n${server.output()}`)
  }
}

/** Runs `aedile ...` against a server and returns its output. */
export function runAedile(args: string[], apiUrl: string): Promise<string> {
  return runCommand(aedileCommand(args, apiUrl))
}

/** Starts our worker. Python entrypoints run in the environment of the project. */
export function startOurWorker(apiUrl: string, pool: string): Running {
  return startCommand(aedileCommand(['worker', 'start', '--pool', pool, '--name', 'our-worker'], apiUrl))
}

/** Runs a flow file with Node. */
export function runNode(args: string[], apiUrl: string): Promise<string> {
  return runCommand(nodeCommand(args, apiUrl))
}

/** Starts a flow file that goes on until it is ended. */
export function startNode(args: string[], apiUrl: string): Running {
  return startCommand(nodeCommand(args, apiUrl))
}

function aedileCommand(args: string[], apiUrl: string): Command {
  return nodeCommand([main, ...args], apiUrl)
}

function nodeCommand(args: string[], apiUrl: string): Command {
  const env = {
    ...(apiUrl ? { AEDILE_API_URL: apiUrl } : {}),
    AEDILE_WORKER_QUERY_SECONDS: '1',
    AEDILE_RUNNER_POLL_FREQUENCY: '1',
    AEDILE_PYTHON: python,
    DO_NOT_TRACK: '1',
  }
  return { file: process.execPath, args: [...NODE_OPTIONS, ...args], cwd: flowsFolder, env }
}
