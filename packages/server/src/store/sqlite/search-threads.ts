import { Worker } from 'node:worker_threads'
import { AedileError } from '@aedile/core/errors'
import BetterSqlite3 from 'better-sqlite3'
import type { CompiledQuery } from 'kysely'
import { toSqliteTrouble } from './errors.ts'
import { toBulkFile } from './files.ts'
import type { SearchAnswer, SearchQuestion, SearchThreadData } from './search-thread.ts'

type Question = { query: CompiledQuery; resolve(rows: unknown[]): void; reject(error: unknown): void; deadline: NodeJS.Timeout }
type Thread = { worker: Worker; asked: { number: number; question: Question } | undefined; rest: NodeJS.Timeout | undefined }

/** The thread's file stands beside this one: `.ts` in the source, `.js` in the build. */
const THREAD_FILE = new URL(`./search-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

/** A thread that has nothing to do for so long ends: it takes some 13 MiB, and starts again in 50 ms. */
const IDLE_MILLISECONDS = 30_000
/** Megabytes for rows on their way to the other thread; what V8 takes by itself only waits longer to be collected. */
const YOUNG_MEGABYTES = 8

/** Long reads on read-only threads: one query per thread at a time, threads are started when needed. */
export class SearchThreads {
  readonly #data: SearchThreadData
  readonly #size: number
  readonly #deadlineMilliseconds: number
  readonly #threads = new Set<Thread>()
  #waiting: Question[] = []
  #lastNumber = 0
  #closed = false

  constructor(options: { file: string; size: number; deadlineMilliseconds: number }) {
    this.#data = { file: options.file, bulk: toBulkFile(options.file) }
    this.#size = options.size
    this.#deadlineMilliseconds = options.deadlineMilliseconds
  }

  search<Row>(query: CompiledQuery<Row>): Promise<Row[]> {
    if (this.#closed) return Promise.reject(new AedileError('server_busy', { reason: 'the store is closed' }))
    return new Promise<Row[]>((resolve, reject) => {
      const question: Question = {
        query,
        resolve: resolve as (rows: unknown[]) => void,
        reject,
        deadline: setTimeout(() => this.#expire(question), this.#deadlineMilliseconds),
      }
      this.#waiting.push(question)
      this.#ask()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    const closed = new AedileError('server_busy', { reason: 'the store is closed' })
    for (const question of this.#waiting.splice(0)) this.#settle(question, () => question.reject(closed))
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()))
  }

  #ask(): void {
    while (this.#waiting.length > 0) {
      const thread = [...this.#threads].find(({ asked }) => !asked) ?? this.#start()
      if (!thread) return
      const question = this.#waiting.shift()!
      thread.asked = { number: ++this.#lastNumber, question }
      const message: SearchQuestion = {
        number: this.#lastNumber,
        sql: question.query.sql,
        parameters: question.query.parameters,
      }
      clearTimeout(thread.rest)
      thread.worker.ref()
      thread.worker.postMessage(message)
    }
  }

  #start(): Thread | undefined {
    if (this.#threads.size >= this.#size) return undefined
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MEGABYTES }
    const worker = new Worker(THREAD_FILE, { workerData: this.#data, execArgv: [], resourceLimits })
    const thread: Thread = { worker, asked: undefined, rest: undefined }
    this.#threads.add(thread)
    worker.on('message', (answer: SearchAnswer) => this.#receive(thread, answer))
    worker.on('error', (error) => this.#lose(thread, error))
    worker.on('exit', () => this.#lose(thread, new AedileError('server_busy', { reason: 'the reading thread ended' })))
    return thread
  }

  #receive(thread: Thread, answer: SearchAnswer): void {
    const asked = thread.asked
    thread.asked = undefined
    // An idle thread does not keep the process alive.
    thread.worker.unref()
    if (asked?.number === answer.number) {
      const { question } = asked
      this.#settle(question, () => {
        if ('rows' in answer) question.resolve(toObjects(answer))
        else question.reject(this.#toError(answer.failure))
      })
    }
    this.#ask()
    if (!thread.asked) thread.rest = setTimeout(() => this.#end(thread), IDLE_MILLISECONDS).unref()
  }

  #end(thread: Thread): void {
    if (thread.asked) return
    this.#threads.delete(thread)
    void thread.worker.terminate()
  }

  #lose(thread: Thread, error: unknown): void {
    clearTimeout(thread.rest)
    if (!this.#threads.delete(thread)) return
    const question = thread.asked?.question
    if (question) this.#settle(question, () => question.reject(toSqliteTrouble(error, this.#data.file)))
    if (!this.#closed) this.#ask()
  }

  /** The thread cannot be interrupted: it stays busy until SQLite is done, only its answer is not waited for. */
  #expire(question: Question): void {
    this.#waiting = this.#waiting.filter((other) => other !== question)
    question.reject(new AedileError('server_busy', { reason: `a search took longer than ${this.#deadlineMilliseconds} ms` }))
  }

  #settle(question: Question, action: () => void): void {
    clearTimeout(question.deadline)
    action()
  }

  #toError({ message, code }: { message: string; code: string | undefined }): unknown {
    return toSqliteTrouble(code ? new BetterSqlite3.SqliteError(message, code) : new Error(message), this.#data.file)
  }
}

function toObjects({ columns, rows }: { columns: string[]; rows: unknown[][] }): unknown[] {
  return rows.map((values) => {
    const row: Record<string, unknown> = {}
    for (let at = 0; at < columns.length; at++) row[columns[at]!] = values[at]
    return row
  })
}
