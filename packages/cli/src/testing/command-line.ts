import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const FLAGS = ['--conditions=source', '--disable-warning=ExperimentalWarning']

/** How a command ended, and what it wrote. */
export type Ended = { code: number | null; out: string; error: string }

/** The command line as a process, with a home and a working folder of its own. */
export class CommandLine {
  readonly home = mkdtempSync(join(tmpdir(), 'aedile-home-'))
  readonly folder: string
  readonly #environment: Record<string, string | undefined>
  readonly #started: ChildProcess[] = []

  /** The folder has to be one from which `@aedile/sdk` is found, so it is made inside the repository. */
  constructor(parent: string) {
    this.folder = mkdtempSync(join(parent, '.aedile-test-'))
    const inherited = Object.entries(process.env).filter(([name]) => !/^(AEDILE|PREFECT|NODE_OPTIONS|VITEST)/.test(name))
    this.#environment = {
      ...Object.fromEntries(inherited),
      AEDILE_HOME: this.home,
      NO_COLOR: '1',
      // The sources are stripped of their types once, and not for every command.
      NODE_COMPILE_CACHE: join(this.home, 'compile-cache'),
    }
  }

  /** Sets a variable for all commands that follow. */
  set(name: string, value: string): void {
    this.#environment[name] = value
  }

  /** Runs a command to its end. */
  async run(...args: string[]): Promise<Ended> {
    const child = this.start(...args)
    const code = new Promise<number | null>((resolve) => child.once('close', resolve))
    const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)])
    return { code: await code, out, error }
  }

  start(...args: string[]) {
    const child = spawn(process.execPath, [...FLAGS, MAIN, ...args], {
      cwd: this.folder,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#started.push(child)
    return child
  }

  /** Ends what still runs, and removes the folders. */
  close(): void {
    for (const child of this.#started) if (child.exitCode === null) child.kill('SIGKILL')
    rmSync(this.home, { recursive: true, force: true })
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Waits for a line that a process writes. Fails when it ends first. */
export async function lineOf(child: ReturnType<CommandLine['start']>, pattern: RegExp): Promise<RegExpExecArray> {
  let seen = ''
  return new Promise((resolve, reject) => {
    const look = (chunk: Buffer) => {
      seen += chunk.toString()
      const found = pattern.exec(seen)
      if (found) resolve(found)
    }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    child.once('exit', (code) => reject(new Error(`ended with ${code} before ${pattern}: ${seen}`)))
  })
}
