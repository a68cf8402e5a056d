import type { WorkPoolTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { countActiveSlots } from '../work-pools/find-work-pool.ts'
import { toWorkPool } from '../work-pools/work-pool-document.ts'

/** Changes that come within this time are told as one. Source: WC 2.6. */
const GATHER_MILLISECONDS = 50
/** What a worker goes by; a changed description alone is not told. */
const TOLD = ['base_job_template', 'concurrency_limit', 'is_paused', 'storage_configuration'] as const

/** Tells a worker of changes to its pool: numbered pictures of the whole pool, from 2 on. */
export class PoolSnapshots {
  readonly #workspace: Workspace
  readonly #send: (snapshot: object) => void
  readonly #hear: (poolIds: readonly string[]) => void
  #last: WorkPoolTable
  #sequence = 1
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(workspace: Workspace, pool: WorkPoolTable, send: (snapshot: object) => void) {
    this.#workspace = workspace
    this.#last = pool
    this.#send = send
    this.#hear = (poolIds) => {
      if (poolIds.includes(pool.id)) this.look('work_pool_updated')
    }
    workspace.changes.on('dispatch', this.#hear)
  }

  /** Compares the pool with what was told last, a little later. */
  look(reason: string): void {
    if (this.#isStopped) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#compare(reason).catch((error: unknown) => {
        this.#workspace.log.warn({ err: error }, 'a worker could not be told of its changed pool; tried again with its heartbeat')
      })
    }, GATHER_MILLISECONDS)
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#workspace.changes.off('dispatch', this.#hear)
  }

  async #compare(reason: string): Promise<void> {
    const { db } = this.#workspace.store
    const pool = await db.selectFrom('work_pool').selectAll().where('id', '=', this.#last.id).executeTakeFirst()
    if (!pool || this.#isStopped || TOLD.every((field) => pool[field] === this.#last[field])) return
    const activeSlots = (await countActiveSlots(db, [pool.id])).get(pool.id) ?? 0
    this.#last = pool
    this.#sequence += 1
    this.#send({ snapshot_sequence: this.#sequence, reason, work_pool: toWorkPool(pool, activeSlots) })
  }
}
