import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const STOP_SECONDS = 15

/** The processes that the demo starts, by the built command line as users have it, and how they are ended again. */
export class DemoProcesses {
  readonly #command: string[]
  readonly #root: string
  readonly #home: string
  readonly #children: { name: string; child: ChildProcess }[] = []
  readonly #output: string[] = []
  #apiUrl = ''

  constructor(root: string, home: string) {
    this.#root = root
    this.#home = home
    this.#command = [process.execPath, join(root, 'packages/cli/bin/aedile.js')]
  }

  /** Starts a server on a free port. */
  async startServer(): Promise<{ url: string }> {
    const child = this.#start('server', ['server', 'start', '--port', '0', '--json'], ['ignore', 'pipe', 'pipe'])
    let text = ''
    for await (const line of createInterface({ input: child.stdout! })) {
      text += line
      if (line === '}') break
    }
    if (text === '') throw new Error('The server did not start')
    child.stdout!.resume()
    const { url } = JSON.parse(text) as { url: string }
    this.#apiUrl = url
    return { url }
  }

  /** Starts a worker that asks every second. */
  async startWorker(pool: string): Promise<void> {
    const child = this.#start(
      'worker',
      ['worker', 'start', '--pool', pool, '--name', 'demo-worker'],
      ['ignore', 'ignore', 'pipe'],
    )
    for await (const line of createInterface({ input: child.stderr! })) {
      this.#output.push(line)
      if (line.includes(`Worker 'demo-worker' started`)) break
    }
    child.stderr!.on('data', (bytes) => this.#output.push(String(bytes)))
    child.stderr!.resume()
  }

  /** Runs one command to its end; fails when it fails. */
  async aedile(...args: string[]): Promise<void> {
    const child = spawn(this.#command[0]!, [this.#command[1]!, ...args], {
      cwd: this.#root,
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    child.stdout.on('data', (bytes) => {
      text += bytes
    })
    child.stderr.on('data', (bytes) => {
      text += bytes
    })
    const code = await new Promise((resolve) => child.once('exit', resolve))
    if (code !== 0) throw new Error(`aedile ${args.join(' ')} ended with ${code}: ${text}`)
    process.stdout.write(text.replace(/^(?=.)/gm, '  '))
  }

  /** What server and worker said last. */
  lastOutput(): string {
    return this.#output.join('').split('\n').slice(-20).join('\n')
  }

  /** Ends all, the worker first, and says what is still there. */
  async stopAll(): Promise<string[]> {
    for (const { child } of this.#children.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      const late = await Promise.race([ended.then(() => false), sleep(STOP_SECONDS * 1000, true, { ref: false })])
      if (late) child.kill('SIGKILL')
      await ended
    }
    return processesOf(this.#home)
  }

  #start(name: string, args: string[], stdio: ('ignore' | 'pipe')[]): ChildProcess {
    const child = spawn(this.#command[0]!, [this.#command[1]!, ...args], {
      cwd: this.#root,
      env: this.#environment(),
      stdio: stdio as ['ignore', 'pipe', 'pipe'],
    })
    if (name === 'server') child.stderr?.on('data', (bytes) => this.#output.push(String(bytes)))
    this.#children.push({ name, child })
    return child
  }

  #environment(): NodeJS.ProcessEnv {
    const foreign = /^(AEDILE|PREFECT)_/
    const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)))
    return {
      ...environment,
      AEDILE_HOME: this.#home,
      AEDILE_WORKER_QUERY_SECONDS: '1',
      AEDILE_WORKER_PREFETCH_SECONDS: '0',
      AEDILE_WORKER_STREAM_OUTPUT: 'false',
      AEDILE_LOGGING_TO_API_BATCH_INTERVAL: '0.2',
      ...(this.#apiUrl ? { AEDILE_API_URL: this.#apiUrl } : {}),
    }
  }
}

/** Processes whose environment names this home: whatever the demo started, however deep. Linux only. */
function processesOf(home: string): string[] {
  const ids = (() => {
    try {
      return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    } catch {
      return []
    }
  })()
  return ids.flatMap((id) => {
    try {
      const environment = readFileSync(`/proc/${id}/environ`, 'utf8')
      return environment.includes(`AEDILE_HOME=${home}\0`)
        ? [`process ${id} (${readFileSync(`/proc/${id}/comm`, 'utf8').trim()})`]
        : []
    } catch {
      return []
    }
  })
}
