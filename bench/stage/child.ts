import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import type { Launch } from '../products/product.ts'
import { processTree } from './process-tree.ts'

const STOP_SECONDS = 15
const running = new Set<Child>()

process.on('exit', () => {
  for (const child of running) child.kill()
})

/** A process of ours with all that it starts; its output goes to a file. */
export class Child {
  readonly pid: number
  readonly startedAt: number
  /** Resolves when it has ended. */
  readonly ended: Promise<{ code: number | null; milliseconds: number }>
  /** The file with its output. */
  readonly log: string
  readonly #process: ChildProcess

  constructor({ command, args, env }: Launch, options: { cwd: string; log: string }) {
    const file = openSync(options.log, 'a')
    this.startedAt = performance.now()
    this.#process = spawn(command, args, {
      cwd: options.cwd,
      env: { ...plainEnvironment(), ...env },
      stdio: ['ignore', file, file],
    })
    closeSync(file)
    this.ended = new Promise((resolve) => {
      const end = (code: number | null) => resolve({ code, milliseconds: performance.now() - this.startedAt })
      this.#process.once('exit', end)
      this.#process.once('error', () => end(null))
    })
    this.log = options.log
    this.pid = this.#process.pid ?? 0
    running.add(this)
    void this.ended.then(() => running.delete(this))
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null || this.pid === 0
  }

  /** Throws with the end of its output when it has ended. */
  mustRun(): void {
    if (!this.hasEnded) return
    const lines = readFileSync(this.log, 'utf8').trim().split('\n')
    throw new Error(`${this.#process.spawnargs.join(' ')} ended by itself:\n${lines.slice(-8).join('\n')}`)
  }

  /** Asks it to stop, and kills it and what it started when it does not. */
  async stop(): Promise<void> {
    if (this.hasEnded) return
    const tree = processTree(this.pid)
    this.#process.kill('SIGTERM')
    const timer = setTimeout(() => this.kill(), STOP_SECONDS * 1000)
    await this.ended
    clearTimeout(timer)
    for (const pid of tree) killQuietly(pid)
  }

  /** Kills it and what it started, at once. */
  kill(): void {
    for (const pid of processTree(this.pid)) killQuietly(pid)
  }
}

/** The environment without anybody's settings: what is measured is the default configuration. */
function plainEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AEDILE|PREFECT|NODE_OPTIONS)/.test(name)))
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
