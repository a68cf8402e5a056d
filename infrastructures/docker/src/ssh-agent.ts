import { spawn } from 'node:child_process'
import { Agent, type ClientRequestArgs } from 'node:http'
import { Duplex } from 'node:stream'

/**
 * Connections to an engine over ssh, made as Docker's own command line makes them: `ssh` runs `docker system dial-stdio`
 * over there. So keys, known hosts, jumps and agents are what the user's ssh has.
 */
export class SshAgent extends Agent {
  readonly #destination: string
  readonly #port: number | null
  #lastError = ''

  constructor(destination: string, port: number | null) {
    super({ keepAlive: true, maxFreeSockets: 4 })
    this.#destination = destination
    this.#port = port
  }

  override createConnection(_options: ClientRequestArgs): Duplex {
    const port = this.#port === null ? [] : ['-p', String(this.#port)]
    const args = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30', ...port, '--', this.#destination]
    const child = spawn('ssh', [...args, 'docker', 'system', 'dial-stdio'], { stdio: ['pipe', 'pipe', 'pipe'] })
    const stream = Duplex.from({ readable: child.stdout, writable: child.stdin })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000)
    })
    child.once('error', (error) => stream.destroy(error))
    child.once('exit', (code) => {
      this.#lastError = said.trim() || `ssh ended with exit code ${code}`
      if (code) stream.destroy(new Error(this.#lastError))
    })
    stream.once('close', () => child.kill())
    return Object.assign(stream, {
      setTimeout: () => stream,
      setNoDelay: () => stream,
      setKeepAlive: () => stream,
      ref: () => stream,
      unref: () => stream,
    })
  }
}
