import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

const FIRST_PAUSE_MILLISECONDS = 100
const LONGEST_PAUSE_MILLISECONDS = 5000

export type NoticesOptions = {
  url: string
  channel: string
  /** A notice came, of whichever session. */
  onNotice(text: string): void
  /** Listening has begun, or begun again after a lost connection: what was told between was missed. */
  onListening(): void
  onError(error: unknown): void
}

/** LISTEN and NOTIFY on one connection of its own, which is opened again when it is lost. Notices are hints: some are missed. */
export class Notices {
  readonly #options: NoticesOptions
  readonly #stopping = new AbortController()
  #client: pg.Client | null = null
  #running: Promise<void> = Promise.resolve()

  constructor(options: NoticesOptions) {
    this.#options = options
  }

  start(): void {
    this.#running = this.#keepListening()
  }

  /** Tells everyone who listens; nobody while the connection is away. */
  send(text: string): void {
    this.#client?.query('select pg_notify($1, $2)', [this.#options.channel, text]).catch(() => {})
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#client?.end().catch(() => {})
    await this.#running
  }

  async #keepListening(): Promise<void> {
    const { signal } = this.#stopping
    for (let pause = FIRST_PAUSE_MILLISECONDS; !signal.aborted; ) {
      try {
        await this.#listen(() => (pause = FIRST_PAUSE_MILLISECONDS))
      } catch (error) {
        if (!signal.aborted && pause === FIRST_PAUSE_MILLISECONDS) this.#options.onError(error)
      }
      await sleep(pause, undefined, { signal, ref: false }).catch(() => {})
      pause = Math.min(pause * 2, LONGEST_PAUSE_MILLISECONDS)
    }
  }

  /** Resolves when the connection has ended. */
  async #listen(onListening: () => void): Promise<void> {
    const { url, channel, onNotice } = this.#options
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, application_name: 'aedile' })
    const ended = new Promise<void>((resolve) => client.once('end', resolve))
    client.on('error', () => {})
    client.on('notification', ({ payload }) => onNotice(payload ?? ''))
    try {
      await client.connect()
      await client.query(`listen ${pg.escapeIdentifier(channel)}`)
      if (this.#stopping.signal.aborted) return
      this.#client = client
      onListening()
      this.#options.onListening()
      await ended
    } finally {
      this.#client = null
      await client.end().catch(() => {})
    }
  }
}
