import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A command with a home directory of its own, so that no profile of the machine has a say. */
export type Command = { file: string; args: string[]; cwd: string; env: Record<string, string> }

/** A command that goes on until it is ended. */
export type Running = { child: ChildProcess; output: () => string; stop: () => Promise<void> }

/** Runs a command to its end and returns what it wrote to stdout; fails with all that it wrote when it fails. */
export async function runCommand(command: Command, seconds = 120): Promise<string> {
  const { child, out, text, remove } = launch(command)
  const force = setTimeout(() => child.kill('SIGKILL'), seconds * 1000)
  await ended(child)
  clearTimeout(force)
  remove()
  if (child.exitCode === 0) return out()
  throw new Error(`${command.file} ${command.args.join(' ')} ended with ${child.exitCode ?? child.signalCode}\n${text()}`)
}

/** Starts a command. */
export function startCommand(command: Command): Running {
  const { child, text, remove } = launch(command)
  return {
    child,
    output: text,
    stop: async () => {
      await endProcess(child)
      remove()
    },
  }
}

/** Asks a process to end, and kills it after 20 s. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = ended(child)
  child.kill(signal)
  const force = setTimeout(() => child.kill('SIGKILL'), 20_000)
  await gone
  clearTimeout(force)
}

function launch(command: Command) {
  const home = mkdtempSync(join(tmpdir(), 'aedile-conformance-'))
  const env = { ...ownEnvironment(), PREFECT_HOME: home, AEDILE_HOME: home, ...command.env }
  const child = spawn(command.file, command.args, { cwd: command.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let both = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
    both += chunk
  })
  child.stderr.on('data', (chunk) => void (both += chunk))
  return { child, out: () => out, text: () => both, remove: () => rmSync(home, { recursive: true, force: true }) }
}

/** Waits until a process has ended and all of its output is read. */
function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('close', () => resolve()))
}

function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PREFECT|AEDILE|VITEST|NODE_OPTIONS)/.test(name)))
}
