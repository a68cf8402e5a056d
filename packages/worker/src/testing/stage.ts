import { randomBytes } from 'node:crypto'
import { existsSync, type FSWatcher, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Handle, TargetFacts } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { afterAll, beforeAll } from 'vitest'
import type { Connection, LogCursor, OutputStream, Sink, ThingEvent } from '../infrastructure-driver.ts'
import type { Subject, SubjectTarget } from './exercise-infrastructure.ts'
import { OtherProcess } from './other-process.ts'

/** The server that the suite's attempts belong to. */
export const OUR_SERVER = '00000000-0000-4000-8000-00000000a0a0'

/** One attempt that a test is going to start: all that start() needs. */
export type Attempt = { handle: Handle; request: JsonObject }

/** A connection to the subject's target and what tests do with it. Shared by the tests of one `describe`. */
export class Stage {
  readonly subject: Subject
  place!: SubjectTarget
  connection!: Connection
  facts!: TargetFacts
  readonly #attempts: Attempt[] = []
  #files = 0

  constructor(subject: Subject) {
    this.subject = subject
    beforeAll(async () => {
      this.place = await subject.setUp()
      this.connection = await subject.driver.connect(this.place.target, this.place.credentials)
      this.facts = await this.connection.facts()
    })
    afterAll(async () => {
      for (const { handle } of this.#attempts) await this.connection.stop(handle, 0).catch(() => {})
      for (const { handle } of this.#attempts) await this.connection.remove({ ...handle, keep: false }).catch(() => {})
      await this.connection.close()
      await this.place.tearDown()
    })
  }

  /** An attempt that runs this script. */
  attempt(script: string, options: { server?: string; variables?: Record<string, string>; key?: string } = {}): Attempt {
    const { definition } = this.subject
    const context = { key: options.key ?? newAttemptKey(), server: options.server ?? OUR_SERVER, flowRunId: null }
    const job = definition.prepare(this.subject.job(script, options.variables), { command: true })
    const request = definition.request(job, this.facts, context)
    const attempt = { request, handle: definition.handle(request, this.facts, context) }
    this.#attempts.push(attempt)
    return attempt
  }

  start({ request, handle }: Attempt, sink: Sink = new Recorder()): Promise<Handle> {
    return this.connection.start(request, handle, { sink, signal: AbortSignal.timeout(60_000) })
  }

  observe(handle: Handle, sink: Sink, after?: LogCursor) {
    const io = { sink, signal: AbortSignal.timeout(110_000) }
    return this.connection.observe(handle, after === undefined ? io : { ...io, after })
  }

  /** Starts a script and follows it to its end. */
  async run(script: string) {
    const attempt = this.attempt(script)
    const recorder = new Recorder()
    const handle = await this.start(attempt, recorder)
    return { attempt, handle, recorder, outcome: await this.observe(handle, recorder) }
  }

  /** Has a process of its own start and observe. */
  other({ request, handle }: Attempt, order: { start?: boolean; gate?: string; observe?: { after?: LogCursor } }): OtherProcess {
    const { target, credentials } = this.place
    return new OtherProcess(this.subject.secondProcess, {
      target,
      credentials,
      handle,
      ...(order.gate ? { gate: order.gate } : {}),
      ...(order.start ? { request } : {}),
      ...(order.observe ? { observe: order.observe } : {}),
    })
  }

  /** A path that no test used before, seen by tests and scripts alike. */
  file(name: string): string {
    return join(this.place.scratch, `${++this.#files}-${name}`)
  }
}

/** A sink that keeps everything. */
export class Recorder implements Sink {
  readonly #chunks: { stream: OutputStream; bytes: Buffer; cursor: LogCursor }[] = []
  readonly handles: Handle[] = []
  readonly events: ThingEvent[] = []
  #onOutput: (() => void) | null = null

  output(stream: OutputStream, bytes: Uint8Array, cursor: LogCursor): void {
    this.#chunks.push({ stream, bytes: Buffer.from(bytes), cursor })
    this.#onOutput?.()
  }

  status(): void {}

  handle(handle: Handle): void {
    this.handles.push(handle)
  }

  event(event: ThingEvent): void {
    this.events.push(event)
  }

  get cursors(): LogCursor[] {
    return this.#chunks.map((chunk) => chunk.cursor)
  }

  bytes(stream: OutputStream): Buffer {
    return Buffer.concat(this.#chunks.filter((chunk) => chunk.stream === stream).map((chunk) => chunk.bytes))
  }

  text(stream: OutputStream): string {
    return this.bytes(stream).toString('utf8')
  }

  /** What had been told when a cursor was. */
  upTo(cursor: LogCursor): Record<OutputStream, string> {
    const part = new Recorder()
    for (const chunk of this.#chunks.slice(0, this.cursors.lastIndexOf(cursor) + 1)) {
      part.output(chunk.stream, chunk.bytes, chunk.cursor)
    }
    return { stdout: part.text('stdout'), stderr: part.text('stderr') }
  }

  /** Resolves when the output of a stream holds a text. */
  async until(text: string, stream: OutputStream = 'stdout'): Promise<void> {
    while (!this.text(stream).includes(text)) {
      await new Promise<void>((resolve) => {
        this.#onOutput = resolve
      })
    }
  }
}

/** A script that goes on when a file appears. */
export function waitFor(path: string): string {
  return `while [ ! -e ${path} ]; do sleep 0.02; done`
}

/** Resolves with the content of a file as soon as it exists and ends a line. */
export async function untilWritten(path: string): Promise<string> {
  for (;;) {
    const changed = untilChange(dirname(path), basename(path))
    const text = existsSync(path) ? await readFile(path, 'utf8') : ''
    if (text.endsWith('\n')) {
      changed.close()
      return text
    }
    await changed.promise
  }
}

function untilChange(directory: string, name: string): { promise: Promise<void>; close(): void } {
  let watcher: FSWatcher
  const promise = new Promise<void>((resolve) => {
    watcher = watch(directory, (_, changed) => {
      if (changed !== name) return
      watcher.close()
      resolve()
    })
  })
  return { promise, close: () => watcher.close() }
}

/** A UUIDv7, as workers make them. */
export function newAttemptKey(): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(Date.now(), 0, 6)
  bytes[6] = 0x70 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
