import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { startPythonSession } from './genuine.ts'

const COMMAND_SECONDS = 120

/** Runs commands of the genuine command line against one server, in one Python process: starting one takes seconds. */
export class PrefectSession {
  readonly #session: ReturnType<typeof startPythonSession>
  readonly #answers: AsyncIterator<string>

  constructor(apiUrl: string) {
    this.#session = startPythonSession(['commands.py'], apiUrl)
    this.#answers = createInterface({ input: this.#session.program.child.stdout! })[Symbol.asyncIterator]()
  }

  /** Runs `prefect ...` and returns what it wrote; fails with that when the command fails. One at a time. */
  async run(...args: string[]): Promise<string> {
    this.#session.program.child.stdin!.write(`${JSON.stringify(['--no-prompt', ...args])}\n`)
    const force = setTimeout(() => void this.#session.program.end('SIGKILL'), COMMAND_SECONDS * 1000)
    const { value, done } = await this.#answers.next()
    clearTimeout(force)
    if (done) throw new Error(`The session ended in prefect ${args.join(' ')}\n${this.#session.output()}`)
    const { code, output } = JSON.parse(value) as { code: number; output: string }
    if (code !== 0) throw new Error(`prefect ${args.join(' ')} ended with ${code}\n${output}`)
    return output
  }

  /** Ends the session. */
  async close(): Promise<void> {
    const { child } = this.#session.program
    if (child.exitCode === null && child.signalCode === null) {
      child.stdin!.end()
      await once(child, 'exit')
    }
    await this.#session.stop()
  }
}

/** Runs a few commands one after the other. */
export async function runPrefect(apiUrl: string, commands: string[][]): Promise<string[]> {
  const session = new PrefectSession(apiUrl)
  try {
    const outputs: string[] = []
    for (const command of commands) outputs.push(await session.run(...command))
    return outputs
  } finally {
    await session.close()
  }
}
