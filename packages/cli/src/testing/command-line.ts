import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
/** Inside the repository, so that flows find `@aedile/sdk`. */
const CACHE = fileURLToPath(new URL('../../../../.cache', import.meta.url))
const FLAGS = ['--conditions=aedile-source', '--disable-warning=ExperimentalWarning']

/** How a command ended, and what it wrote. */
export type Ended = { code: number | null; out: string; error: string }

/** The command line as a process, with a home and a working folder of its own. */
export class CommandLine {
  readonly home = mkdtempSync(join(tmpdir(), 'aedile-home-'))
  readonly folder: string
  readonly #environment: Record<string, string | undefined>
  readonly #started: ChildProcess[] = []

  constructor() {
    mkdirSync(CACHE, { recursive: true })
    this.folder = mkdtempSync(join(CACHE, 'command-line-'))
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
  run(...args: string[]): Promise<Ended> {
    return this.#end(this.start(...args))
  }

  /** The same, with something on its standard input. */
  runWith(input: string, ...args: string[]): Promise<Ended> {
    const child = this.#spawn(args, 'pipe')
    child.stdin?.end(input)
    return this.#end(child)
  }

  start(...args: string[]) {
    return this.#spawn(args, 'ignore')
  }

  async #end(child: ReturnType<CommandLine['start']>): Promise<Ended> {
    const code = new Promise<number | null>((resolve) => child.once('close', resolve))
    const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)])
    return { code: await code, out, error }
  }

  #spawn(args: string[], stdin: 'pipe' | 'ignore') {
    const child = spawn(process.execPath, [...FLAGS, MAIN, ...args], {
      cwd: this.folder,
      env: this.#environment,
      stdio: [stdin, 'pipe', 'pipe'],
    }) as ChildProcessByStdio<Writable | null, Readable, Readable>
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

const LINE_SECONDS = 30

/** Waits for a line that a process writes. Fails with what it wrote when it ends first, or writes none in time. */
export async function lineOf(child: ReturnType<CommandLine['start']>, pattern: RegExp): Promise<RegExpExecArray> {
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>()
  let seen = ''
  const fail = (why: string) => reject(new Error(`${why} before ${pattern}: ${seen}`))
  const late = setTimeout(() => fail(`${LINE_SECONDS} s went by`), LINE_SECONDS * 1000)
  const look = (chunk: Buffer) => {
    seen += chunk.toString()
    const found = pattern.exec(seen)
    if (found) resolve(found)
  }
  child.stdout.on('data', look)
  child.stderr.on('data', look)
  child.once('exit', (code) => fail(`it ended with ${code}`))
  return promise.finally(() => clearTimeout(late))
}
