import { spawn } from 'node:child_process'
import { Agent } from 'node:http'
import { Duplex } from 'node:stream'

/** How much of what ssh says is kept for an error. */
const SAID_CHARACTERS = 2_000

/**
 * Connections to an engine over ssh, made as Docker's own command line makes them: `ssh` runs `docker system dial-stdio`
 * over there. So keys, known hosts, jumps and agents are what the user's ssh has.
 */
export class SshAgent extends Agent {
  readonly #destination: string
  readonly #port: number | null

  constructor(destination: string, port: number | null) {
    super({ keepAlive: true, maxFreeSockets: 4 })
    this.#destination = destination
    this.#port = port
  }

  override createConnection(): Duplex {
    return dialThroughSsh(this.#destination, this.#port)
  }
}

function dialThroughSsh(destination: string, port: number | null): Duplex {
  const options = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30', ...(port === null ? [] : ['-p', String(port)])]
  const child = spawn('ssh', [...options, '--', destination, 'docker', 'system', 'dial-stdio'], { stdio: 'pipe' })
  let said = ''
  const stream = new Duplex({
    read: () => void child.stdout.resume(),
    // What went wrong is told by ssh, and after its end; a broken pipe says nothing.
    write: (chunk, encoding, done) => void child.stdin.write(chunk, encoding, () => done()),
    final: (done) => void child.stdin.end(() => done()),
    destroy: (error, done) => {
      child.kill()
      done(error)
    },
  })
  child.stdout.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) child.stdout.pause()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-SAID_CHARACTERS)
  })
  child.stdin.on('error', () => {})
  child.once('error', (error) => stream.destroy(error))
  child.once('close', (code) => {
    if (code) stream.destroy(new Error(said.trim().replace(/\.$/, '') || `ssh ended with exit code ${code}`))
    else stream.push(null)
  })
  // What an agent sets on sockets has no meaning here.
  const same = () => stream
  return Object.assign(stream, { setTimeout: same, setNoDelay: same, setKeepAlive: same, ref: same, unref: same })
}
