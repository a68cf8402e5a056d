import { uuid7 } from '@aedile/core/client/uuid7'
import { AedileError, isAedileError } from '@aedile/core/errors'
import {
  type CommandContext,
  type Handle,
  type InfrastructureDefinition,
  type Job,
  type Outcome,
  SCRIPT_OWNER,
} from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { Connection, Sink } from '../infrastructure-driver.ts'
import type { InfrastructureLogger } from './infrastructure-log.ts'

/** How long a thing may take to end after it was asked to, in seconds. Source: INF F.4. */
export const GRACE_SECONDS = 30

/** Where the output of a command goes, in pieces of whole lines. */
export type OutputTarget = { stdout(bytes: Uint8Array): void; stderr(bytes: Uint8Array): void }

/** The standard output and the standard error of this process. */
export const processOutput: OutputTarget = {
  stdout: (bytes) => void process.stdout.write(bytes),
  stderr: (bytes) => void process.stderr.write(bytes),
}

/** One command, and what its run tells. */
export type CommandRun<Request extends JsonObject> = {
  definition: InfrastructureDefinition<Request>
  connection: Connection<Request>
  job: Job
  context: CommandContext
  output: OutputTarget
  logger: InfrastructureLogger
  onStatus: (phase: string, detail: string | undefined) => void
  onStarted: (handle: Handle) => void
  signal: AbortSignal | undefined
  graceSeconds: number | undefined
}

export type CommandEnd = { handle: Handle; outcome: Outcome }

/**
 * Runs one command: prepare, request, start, observe, remove; the same definition and connection as a worker's, without
 * server and attempt. Whoever opened the connection closes it.
 */
export async function runCommand<Request extends JsonObject>(run: CommandRun<Request>): Promise<CommandEnd> {
  const { connection, signal } = run
  signal?.throwIfAborted()
  const { request, handle } = await buildCommand(run)
  const io = { sink: buildSink(run), signal: signal ?? new AbortController().signal }
  let last = handle
  try {
    last = await connection.start(request, handle, io)
    run.onStarted(last)
  } catch (error) {
    await end(run, last)
    throw signal?.aborted ? signal.reason : withoutFlowRun(error)
  }
  const outcome = await observe(run, last, io)
  await remove(run, last)
  return { handle: last, outcome }
}

async function buildCommand<Request extends JsonObject>({ definition, connection, job, context }: CommandRun<Request>) {
  const facts = await connection.facts()
  const attempt = { key: uuid7(), server: SCRIPT_OWNER, flowRunId: null, fenced: false }
  const request = definition.request(definition.prepare(job, context), facts, attempt)
  return { request, handle: definition.handle(request, facts, attempt) }
}

async function observe<Request extends JsonObject>(
  run: CommandRun<Request>,
  handle: Handle,
  io: { sink: Sink; signal: AbortSignal },
): Promise<Outcome> {
  try {
    const outcome = await run.connection.observe(handle, io)
    if (outcome.kind !== 'cannot-tell') return outcome
    const what = [`${handle.name} was started, but how it ends cannot be seen.`, outcome.reason, outcome.advice]
    throw new AedileError('infrastructure_unreachable', { what: what.filter(Boolean).join(' ') })
  } catch (error) {
    if (run.signal?.aborted) await end(run, handle)
    throw error
  }
}

/** Drivers speak of the flow run that could not start; here there is none. */
function withoutFlowRun(error: unknown): unknown {
  if (!isAedileError(error, 'infrastructure_failed')) return error
  const what = error.message.replace(/^Flow run could not start: /, 'The command could not start: ')
  return what === error.message ? error : new AedileError('infrastructure_failed', { what }, { cause: error.cause })
}

/** Ends what may have been started, and leaves nothing that was to be removed. */
async function end<Request extends JsonObject>(run: CommandRun<Request>, handle: Handle): Promise<void> {
  try {
    await run.connection.stop(handle, run.graceSeconds ?? GRACE_SECONDS)
  } catch (error) {
    if (!isAedileError(error, 'infrastructure_not_found'))
      run.logger.error(`It could not be stopped: ${(error as Error).message}`)
  }
  await remove(run, handle)
}

/** What is left behind is no reason to lose the outcome. */
async function remove<Request extends JsonObject>({ connection, logger }: CommandRun<Request>, handle: Handle): Promise<void> {
  try {
    // The key was made for this run: nobody else ever had it.
    await connection.remove(handle, { hasOneStarter: true })
  } catch (error) {
    logger.warn(`What is left of ${handle.name} could not be removed: ${(error as Error).message}`)
  }
}

function buildSink<Request extends JsonObject>({ output, onStatus }: CommandRun<Request>): Sink {
  return {
    output: (stream, bytes) => output[stream](bytes),
    status: onStatus,
    handle: () => {},
  }
}

/** A thing that scripts of this user started, by an id that its target gave. Null when there is none. */
export async function findStarted<Request extends JsonObject>(
  connection: Connection<Request>,
  isIt: (handle: Handle) => boolean,
): Promise<Handle | null> {
  for await (const handle of connection.list(SCRIPT_OWNER)) if (isIt(handle)) return handle
  return null
}
