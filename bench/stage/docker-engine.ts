import { spawn, spawnSync } from 'node:child_process'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Engine, startEngine, whyNoEngine } from '../../scripts/docker/engine.mjs'

/** Made from programs of this machine when the engine starts. */
export const IMAGE = 'aedile-test/busybox:1'
/** So many at once are removed by an engine without anybody waiting long. */
const REMOVED_AT_ONCE = 10

/** A Docker engine of the benchmark's own, started and stopped by it. */
export class DockerEngine {
  /** As in DOCKER_HOST. */
  readonly host: string
  readonly #engine: Engine
  readonly #endAtExit: () => void

  private constructor(engine: Engine) {
    this.host = engine.host
    this.#engine = engine
    this.#endAtExit = () => process.kill(engine.pid(), 'SIGTERM')
    process.once('exit', this.#endAtExit)
  }

  /** Why there can be none here; null when there can. */
  static whyNot(): string | null {
    const why = whyNoEngine()
    if (why !== null) return why
    return spawnSync('docker', ['--version']).status === 0 ? null : 'the program docker is not installed'
  }

  static async start(): Promise<DockerEngine> {
    return new DockerEngine(await startEngine())
  }

  /** What `docker run --rm` of the image and a command gives: its output, and when the first of it came. */
  run(command: string[]): Promise<{ output: string; firstAt: number }> {
    return new Promise((resolve, reject) => {
      const child = spawn('docker', ['--host', this.host, 'run', '--rm', IMAGE, ...command], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let output = ''
      let complaint = ''
      let firstAt = Number.NaN
      child.stdout.setEncoding('utf8').on('data', (part: string) => {
        if (output === '') firstAt = Date.now()
        output += part
      })
      child.stderr.setEncoding('utf8').on('data', (part: string) => {
        complaint += part
      })
      child.once('error', reject)
      child.once('close', (code) =>
        code === 0 ? resolve({ output, firstAt }) : reject(new Error(`docker run ended with ${code}: ${complaint.trim()}`)),
      )
    })
  }

  /** Waits until no container is left, running or not. */
  async waitForNone(seconds: number): Promise<void> {
    const deadline = performance.now() + seconds * 1000
    while ((await this.#list()).length > 0) {
      if (performance.now() > deadline) throw new Error(`Containers are left after ${seconds} s.`)
      await sleep(20)
    }
  }

  /** Kills and removes all containers and ends the engine. */
  async stop(): Promise<void> {
    process.off('exit', this.#endAtExit)
    const ids = (await this.#list().catch(() => [])).map(({ Id }) => Id)
    while (ids.length > 0) {
      const some = ids.splice(0, REMOVED_AT_ONCE)
      // What cannot be removed here ends with the engine.
      await Promise.all(some.map((id) => this.#ask('DELETE', `/containers/${id}?force=1&v=1`).catch(() => '')))
    }
    await this.#engine.stop()
  }

  async #list(): Promise<{ Id: string }[]> {
    return JSON.parse(await this.#ask('GET', '/containers/json?all=1')) as { Id: string }[]
  }

  #ask(method: 'GET' | 'DELETE', path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = request({ socketPath: this.#engine.socket, method, path, agent: false, timeout: 60_000 }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        answer.on('end', () => resolve(text)).on('error', reject)
      })
      call.on('timeout', () => call.destroy(new Error('no answer from the Docker engine')))
      call.on('error', reject).end()
    })
  }
}
