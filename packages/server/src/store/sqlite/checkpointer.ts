import { Worker } from 'node:worker_threads'
import type BetterSqlite3 from 'better-sqlite3'
import type { CheckpointAnswer, CheckpointThreadData } from './checkpoint-thread.ts'
import { toBulkFile } from './files.ts'

/** The thread's file stands beside this one: `.ts` in the source, `.js` in the build. */
const THREAD_FILE = new URL(`./checkpoint-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

const LOOK_MILLISECONDS = 500
/** From so many commits between two looks on, the thread is worth its memory. */
const MANY_COMMITS = 100
/** The thread ends after so many looks in a row with fewer. */
const QUIET_LOOKS = 60
/** SQLite's own limit, for quiet times: a commit that finds more pages in the journal moves them itself. */
const QUIET_PAGES = 1000
/** While the thread does it, a commit does so only when the thread cannot keep up. */
const BUSY_PAGES = 32_000
/** A journal of so many pages, all of them moved, begins anew: 64 MiB, as much as its file may keep. */
const FULL_PAGES = 16_000

const SCHEMAS = ['main', 'bulk'] as const

/**
 * Keeps the journals (write-ahead logs) short. SQLite moves their pages into the files in the commit that finds too many,
 * and waits for the disk twice; under load that held up all who waited for commits. So a thread does it then.
 */
export class Checkpointer {
  readonly #writer: BetterSqlite3.Database
  readonly #data: CheckpointThreadData
  readonly #onError: (error: unknown) => void
  #commits = 0
  #quietLooks = 0
  #timer: NodeJS.Timeout | undefined
  #worker: Worker | undefined
  #isWorking = false
  #isClosed = false

  constructor(writer: BetterSqlite3.Database, file: string, onError: (error: unknown) => void) {
    this.#writer = writer
    this.#data = { files: [file, toBulkFile(file)] }
    this.#onError = onError
  }

  /** Tells that a transaction was committed. */
  noteCommit(): void {
    this.#commits++
    if (!this.#isClosed) this.#timer ??= this.#lookLater()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#endThread()
  }

  #lookLater(): NodeJS.Timeout {
    return setTimeout(() => this.#look(), LOOK_MILLISECONDS).unref()
  }

  #look(): void {
    const isBusy = this.#commits >= MANY_COMMITS
    this.#commits = 0
    this.#quietLooks = isBusy ? 0 : this.#quietLooks + 1
    if (isBusy) this.#ask()
    else if (this.#quietLooks >= QUIET_LOOKS) void this.#endThread()
    this.#timer = this.#worker || isBusy ? this.#lookLater() : undefined
  }

  #ask(): void {
    if (this.#isWorking) return
    this.#worker ??= this.#startThread()
    this.#isWorking = true
    this.#worker.postMessage('checkpoint')
  }

  #startThread(): Worker {
    const worker = new Worker(THREAD_FILE, { workerData: this.#data, execArgv: [] })
    worker.unref()
    worker.on('message', (answer: CheckpointAnswer) => this.#receive(answer))
    worker.on('error', (error) => this.#lose(worker, error))
    worker.on('exit', () => this.#lose(worker, new Error('The thread that moves the journal ended by itself.')))
    this.#allowPages(BUSY_PAGES)
    return worker
  }

  #receive(answer: CheckpointAnswer): void {
    this.#isWorking = false
    if (this.#isClosed) return
    if ('failure' in answer) {
      this.#onError(new Error(`The journal could not be moved into its file: ${answer.failure}`))
      return
    }
    const { pages } = answer
    SCHEMAS.forEach((schema, index) => {
      // Between two transactions: nothing is written meanwhile, so the last pages are moved too and the journal begins anew.
      if (pages[index]! >= FULL_PAGES && !this.#writer.inTransaction) {
        this.#writer.pragma(`${schema}.wal_checkpoint(passive)`)
      }
    })
    // Filled so far since the last look, it could be twice as full at the next.
    if (pages.some((count) => count >= FULL_PAGES / 2 && count < FULL_PAGES)) this.#ask()
  }

  #lose(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return
    this.#onError(error)
    void this.#endThread()
  }

  async #endThread(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    this.#isWorking = false
    if (!worker) return
    if (this.#writer.open) this.#allowPages(QUIET_PAGES)
    await worker.terminate()
  }

  #allowPages(pages: number): void {
    for (const schema of SCHEMAS) this.#writer.pragma(`${schema}.wal_autocheckpoint = ${pages}`)
  }
}
