import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, waitForHttp } from '../support/network.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The Python environment that scripts/install-heavy.sh makes. */
export const python = join(root, '.cache/python/bin/python')
export const prefect = join(root, '.cache/python/bin/prefect')
export const flowsFolder = fileURLToPath(new URL('./flows', import.meta.url))

/** True when the environment is there; without it the suite is reported as skipped. */
export const hasGenuine = existsSync(prefect)

/** A server under test: ours or a genuine one. */
export type ServerUnderTest = { name: string; apiUrl: string; stop: () => Promise<void> }

/** Starts a genuine server with a database of its own. */
export async function startGenuineServer(): Promise<ServerUnderTest> {
  const home = mkdtempSync(join(tmpdir(), 'aedile-genuine-'))
  const port = await freePort()
  const child = spawn(prefect, ['server', 'start', '--host', '127.0.0.1', '--port', String(port)], {
    env: { ...cleanEnvironment(), PREFECT_HOME: home, PREFECT_SERVER_ANALYTICS_ENABLED: 'false' },
    stdio: 'ignore',
  })
  const apiUrl = `http://127.0.0.1:${port}/api`
  await waitForHttp(`${apiUrl}/health`, child, 90)
  return {
    name: 'genuine',
    apiUrl,
    stop: async () => {
      await endProcess(child)
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** Runs a genuine client's command against a server and returns its output; fails when it fails. */
export function runGenuine(command: string, args: string[], apiUrl: string, options: { cwd?: string } = {}): string {
  const home = mkdtempSync(join(tmpdir(), 'aedile-client-'))
  try {
    const result = spawnSync(command, args, {
      cwd: options.cwd ?? flowsFolder,
      env: clientEnvironment(apiUrl, home),
      encoding: 'utf8',
      timeout: 180_000,
    })
    if (result.status !== 0)
      throw new Error(`${command} ${args.join(' ')} ended with ${result.status}\n${result.stdout}\n${result.stderr}`)
    return result.stdout
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** Starts a genuine client's command that goes on until it is ended. */
export function startGenuine(
  command: string,
  args: string[],
  apiUrl: string,
): { child: ChildProcess; stop: () => Promise<void>; output: () => string } {
  const home = mkdtempSync(join(tmpdir(), 'aedile-client-'))
  let text = ''
  const child = spawn(command, args, {
    cwd: flowsFolder,
    env: clientEnvironment(apiUrl, home),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.on('data', (chunk) => void (text += chunk))
  child.stderr.on('data', (chunk) => void (text += chunk))
  return {
    child,
    output: () => text,
    stop: async () => {
      await endProcess(child)
      rmSync(home, { recursive: true, force: true })
    },
  }
}

function clientEnvironment(apiUrl: string, home: string): NodeJS.ProcessEnv {
  return {
    ...cleanEnvironment(),
    PREFECT_API_URL: apiUrl,
    PREFECT_HOME: home,
    PREFECT_WORKER_QUERY_SECONDS: '1',
    PREFECT_RUNNER_POLL_FREQUENCY: '1',
  }
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PREFECT|AEDILE|VITEST)_/.test(name)))
}

/** Asks a process to end, and kills it after 20 s. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGINT')
  const force = setTimeout(() => child.kill('SIGKILL'), 20_000)
  await ended
  clearTimeout(force)
}
