import { nowMicroseconds } from '@aedile/core/time'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { ColumnKind } from '../store/column-kinds.ts'
import { insertRows } from '../store/insert-rows.ts'
import type { Store } from '../store/store.ts'
import type { Database } from '../store/tables.ts'
import type { Action } from './route.ts'

type AuditRow = Omit<Database['audit'], 'sequence'>

/** What runs and workers send by themselves, many times a minute: it is kept elsewhere, and would bury the rest. */
const NOT_AUDITED = /\/(logs\/|events|heartbeat|lease|status|renew|get_scheduled_flow_runs)$/

const FLUSH_MILLISECONDS = 1000
const MAX_WAITING = 10_000

const columns = {
  principal: 'text',
  action: 'text',
  resource: 'text',
  request_id: 'text',
  created: 'bigint',
} satisfies Record<keyof AuditRow, ColumnKind>

/**
 * Keeps who wrote what, one row per successful write request. Rows are written in groups after the answers, so that the
 * trail costs no request a commit; a crash may lose the last second of it.
 */
export class AuditTrail {
  readonly #store: Store
  readonly #log: Logger
  #waiting: AuditRow[] = []
  #timer: NodeJS.Timeout | null = null
  #lost = 0

  constructor(store: Store, log: Logger) {
    this.#store = store
    this.#log = log
  }

  /** Adds the hooks that feed and end the trail. */
  attach(app: FastifyInstance): void {
    app.addHook('onResponse', async (request, reply) => {
      const declared = request.routeOptions.config
      if (!declared?.action || declared.action === 'read' || reply.statusCode >= 400) return
      if (NOT_AUDITED.test(request.routeOptions.url ?? '')) return
      this.record({
        principal: request.principal.id,
        action: declared.action satisfies Action,
        resource: `${declared.resource} ${request.url}`.slice(0, 500),
        request_id: request.id,
        created: nowMicroseconds(),
      })
    })
    app.addHook('onClose', () => this.stop())
  }

  record(row: AuditRow): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#lost++
      return
    }
    this.#waiting.push(row)
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MILLISECONDS).unref()
  }

  /** Writes what waits. Rows stay waiting when the store refuses them. */
  async flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    const rows = this.#waiting.splice(0)
    if (rows.length === 0) return
    try {
      await this.#store.write((transaction) => insertRows(transaction, 'audit', columns, rows))
      if (this.#lost > 0) this.#log.error({ lost: this.#lost }, 'the audit trail lost rows, because the store could not keep up')
      this.#lost = 0
    } catch (error) {
      this.#log.warn({ error }, 'the audit trail could not be written, it is tried again')
      this.#waiting.unshift(...rows)
      this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MILLISECONDS).unref()
    }
  }

  async stop(): Promise<void> {
    await this.flush()
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }
}
