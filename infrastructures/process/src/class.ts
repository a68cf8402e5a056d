import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { hostname, constants as osConstants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { AedileError } from '@aedile/core/errors'
import type { CommandContext, Handle, InfrastructureDefinition, Outcome } from '@aedile/core/infrastructure-definition'
import { pythonRepr } from '@aedile/core/python-text'
import { joinShellWords } from '@aedile/core/shell-words'
import { commandEnvironment } from '@aedile/core/templates/prepare'
import { type LoadOptions, loadBlock } from '@aedile/worker/classes/block'
import { endWithScript } from '@aedile/worker/classes/end-with-script'
import {
  Infrastructure,
  type InfrastructureAttributes,
  type PreviewOptions,
  type RunOptions,
} from '@aedile/worker/classes/infrastructure'
import { InfrastructureResult } from '@aedile/worker/classes/infrastructure-result'
import { findStarted, GRACE_SECONDS, processOutput, runCommand } from '@aedile/worker/classes/run-command'
import { baseEnvironment, readScriptSources, type ScriptSources } from '@aedile/worker/classes/script-settings'
import { processBlock } from './class-block.ts'
import { processDefinition } from './definition.ts'
import { processDriver } from './driver.ts'

/** What a Process may be given. */
export type ProcessAttributes = InfrastructureAttributes & {
  /** Whether output goes to the script's own. Otherwise it is thrown away. Default true. */
  streamOutput?: boolean
}

/** How a process ended: `identifier` is its pid as text; a signal's status code is its negative number. */
export class ProcessResult extends InfrastructureResult {}

/**
 * Runs a command in a new process on this machine, in an empty directory of its own, without a server. It gets this
 * process's environment, the Prefect settings that were explicitly set, and `env`, each stronger than the one before.
 * Labels are for people: a process cannot carry them; and so is the name, which appears in the log.
 */
export class Process extends Infrastructure<number, ProcessResult> {
  static readonly blockClass = processBlock
  readonly type = 'process'
  readonly streamOutput: boolean

  constructor({ streamOutput = true, ...attributes }: ProcessAttributes = {}) {
    super(attributes)
    this.streamOutput = streamOutput
  }

  static fromAttributes(attributes: Record<string, unknown>): Process {
    return new Process(attributes as ProcessAttributes)
  }

  /**
   * Loads the block of this name from the server.
   * @throws AedileError `api_not_found`, `api_unreachable`.
   */
  static load(name: string, options?: LoadOptions): Promise<Process> {
    return loadBlock(Process, name, options)
  }

  /**
   * Runs the command and resolves when it has ended. `onStarted` gets the pid.
   * @throws AedileError `infrastructure_failed` for an empty command; the signal's reason when it was aborted.
   */
  run(options: RunOptions<number> = {}): Promise<ProcessResult> {
    return endWithScript(options.signal, (signal) => this.#run({ ...options, signal }))
  }

  async #run(options: RunOptions<number>): Promise<ProcessResult> {
    const { logger = this.logger, sources = readScriptSources() } = options
    if (this.command.length === 0) throw failed('Process cannot be run with empty command.')
    logger.info(`Opening process${this.name ? ` ${pythonRepr(this.name)}` : ''}...`)
    const directory = await makeDirectory()
    try {
      logger.debug(`Process${this.name ? ` ${pythonRepr(this.name)}` : ''} runs ${joinShellWords(this.command)} in ${directory}`)
      const end = await this.#runIn(directory, sources, { ...options, logger })
      const identifier = pidOf(end.handle)
      const statusCode = toStatusCode(end.outcome)
      const label = `Process ${this.name ? pythonRepr(this.name) : identifier}`
      if (statusCode === 0) logger.info(`${label} exited cleanly.`)
      else logger.error(`${label} exited with status code: ${statusCode}`)
      return new ProcessResult(String(identifier), statusCode)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }

  /** The variables that would be set beside this process's own, and the command, as lines of a shell. Nothing is quoted. */
  async preview({ sources = readScriptSources() }: PreviewOptions = {}): Promise<string> {
    const env = commandEnvironment(baseEnvironment(sources), this.env)
    return [...Object.entries(env).map(([name, value]) => `${name}=${value}`), this.command.join(' ')].join(' \\\n')
  }

  /**
   * Ends a process that this user's scripts started on this host, and all that it started: SIGTERM, then SIGKILL.
   * @param identifier the pid, or `<host name>:<pid>`
   */
  async kill(identifier: string | number, graceSeconds: number = GRACE_SECONDS): Promise<void> {
    const text = String(identifier)
    const host = text.includes(':') ? text.slice(0, text.lastIndexOf(':')) : hostname()
    const name = `Process ${text.slice(text.lastIndexOf(':') + 1)}`
    if (host !== hostname()) throw new AedileError('infrastructure_not_available', { name, target: host, here: hostname() })
    const connection = await connect(readScriptSources())
    try {
      const pid = Number(text.slice(text.lastIndexOf(':') + 1))
      const handle = await findStarted(connection, ({ native }) => native.pid === pid)
      if (!handle) throw new AedileError('infrastructure_not_found', { name, target: host })
      await connection.stop(handle, graceSeconds)
    } finally {
      await connection.close()
    }
  }

  protected override get workPoolDefinition(): InfrastructureDefinition {
    return processDefinition as unknown as InfrastructureDefinition
  }

  async #runIn(directory: string, sources: ScriptSources, options: RunOptions<number>) {
    const { onStarted, signal, graceSeconds, output = processOutput, streamOutput = this.streamOutput } = options
    const connection = await connect(sources)
    try {
      return await runCommand({
        definition: processDefinition,
        connection,
        job: {
          name: this.name,
          command: joinShellWords(this.command),
          env: this.env,
          labels: this.labels,
          stream_output: streamOutput,
          working_dir: directory,
        },
        context: toContext(sources),
        output,
        logger: options.logger ?? this.logger,
        onStatus: () => {},
        onStarted: (handle) => onStarted?.(pidOf(handle), { infrastructurePid: `${hostname()}:${pidOf(handle)}` }),
        signal,
        graceSeconds,
      })
    } finally {
      await connection.close()
    }
  }
}

function toContext(sources: ScriptSources): CommandContext {
  const own = Object.entries(sources.environment).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { command: true, settings: baseEnvironment(sources), processEnvironment: Object.fromEntries(own) }
}

/** Workers of this user use the same directory; what scripts started has another owner there. */
function connect({ home }: ScriptSources) {
  return processDriver.connect({ stateDirectory: join(home, 'process') }, {})
}

async function makeDirectory(): Promise<string> {
  const directory = join(tmpdir(), `aedile-${randomUUID()}-prefect`)
  await mkdir(directory, { mode: 0o700 })
  return directory
}

function pidOf({ native, name }: Handle): number {
  if (typeof native.pid === 'number') return native.pid
  throw failed(`The shell that was to run the command of ${name} was killed before it ran it.`)
}

/** Python's form: a signal is its negative number. -1 where the end is unknown. */
function toStatusCode({ exitCode, signal }: Outcome): number {
  if (exitCode !== null) return exitCode
  if (signal === null) return -1
  return -(osConstants.signals[signal as NodeJS.Signals] ?? (Number(signal.replace('SIG', '')) || 1))
}

function failed(what: string): AedileError {
  return new AedileError('infrastructure_failed', { what })
}
