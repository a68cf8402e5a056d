import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))
const MAIN = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

const COMPILE_CACHE = join(tmpdir(), 'aedile-compile-cache')

/** A program that a test started, with all that it wrote. */
export type Program = {
  readonly child: ChildProcess
  readonly pid: number
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves with the exit code, or the name of the signal. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** Sends a signal and waits for the end. SIGKILL leaves no time for anything. */
  end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>
}

/** The environment of this process without what would lead a started program elsewhere. */
export function cleanEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && !/^(AEDILE|PREFECT|VITEST|NODE_OPTIONS|NODE_ENV|TEST|DEV|MODE|PROD|SSR)/.test(entry[0]),
    ),
  )
}

/** Starts the command line from its sources. */
export function startAedile(args: string[], environment: Record<string, string> = {}, cwd = REPOSITORY): Program {
  const node = ['--conditions=aedile-source', '--disable-warning=ExperimentalWarning', MAIN]
  // The sources are compiled once, not by each of the many programs of a story.
  const base = { ...cleanEnvironment(), NODE_COMPILE_CACHE: COMPILE_CACHE }
  return startProgram(process.execPath, [...node, ...args], { ...base, ...environment }, cwd)
}

/** Runs the command line from its sources to its end. */
export async function runAedile(
  args: string[],
  environment: Record<string, string> = {},
): Promise<{ exit: number | NodeJS.Signals; stdout: string; stderr: string }> {
  const program = startAedile(args, environment)
  const exit = await program.ended
  return { exit, stdout: program.stdout(), stderr: program.stderr() }
}

/** Starts a program, and keeps what it writes. */
export function startProgram(
  file: string,
  args: string[],
  environment: Record<string, string>,
  cwd = REPOSITORY,
  input: 'ignore' | 'pipe' = 'ignore',
): Program {
  const child = spawn(file, args, { cwd, env: environment, stdio: [input, 'pipe', 'pipe'] })
  const stdout: string[] = []
  const stderr: string[] = []
  child.stdout!.setEncoding('utf8').on('data', (text: string) => void stdout.push(text))
  child.stderr!.setEncoding('utf8').on('data', (text: string) => void stderr.push(text))
  // `exit`, not `close`: what the program started may hold its output open.
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals)
  return {
    child,
    pid: child.pid ?? 0,
    stdout: () => stdout.join(''),
    stderr: () => stderr.join(''),
    ended,
    end: (signal = 'SIGTERM') => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      return ended
    },
  }
}
