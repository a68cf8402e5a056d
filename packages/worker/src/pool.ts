import type { ApiClient } from '@aedile/core/client/client'
import { createWorkPool, readWorkPool, updateWorkPool } from '@aedile/core/client/work-pools'
import { AedileError, isAedileError } from '@aedile/core/errors'
import type { InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { WorkPool } from '@aedile/core/resources/work-pool'

/** The worker's view of its pool: found or created at the start, read anew with every heartbeat. */
export class PoolWatcher {
  readonly #client: ApiClient
  readonly #name: string
  readonly #definition: InfrastructureDefinition
  readonly #createIfMissing: boolean
  readonly #baseJobTemplate: JsonObject | null
  #pool: WorkPool | null = null
  #fault: AedileError | null = null

  constructor(options: {
    client: ApiClient
    name: string
    definition: InfrastructureDefinition
    createIfMissing: boolean
    /** Used when the pool is created here; the type's own otherwise. */
    baseJobTemplate?: JsonObject | null
  }) {
    this.#client = options.client
    this.#name = options.name
    this.#definition = options.definition
    this.#createIfMissing = options.createIfMissing
    this.#baseJobTemplate = options.baseJobTemplate ?? null
  }

  /** The pool as it was last read. */
  get current(): WorkPool {
    if (!this.#pool) throw new Error('The work pool was not read yet')
    return this.#pool
  }

  /** Why no run may be taken from the pool now: it was deleted, or made anew with another type. */
  get fault(): AedileError | null {
    return this.#fault
  }

  /**
   * Reads the pool; creates it when it is missing at the start and that is wanted, fills an empty template. A pool that is
   * deleted later was deleted on purpose: it is waited for, not created again.
   */
  async refresh(): Promise<WorkPool> {
    try {
      const found = (await this.#read()) ?? (await this.#create())
      if (found.type !== this.#definition.type) {
        throw new AedileError('worker_type_mismatch', { pool: this.#name, poolType: found.type, type: this.#definition.type })
      }
      this.#pool = await this.#withTemplate(found)
      this.#fault = null
      return this.#pool
    } catch (error) {
      if (isAedileError(error, 'worker_type_mismatch') || isAedileError(error, 'work_pool_missing')) this.#fault = error
      throw error
    }
  }

  /** Reads the pool again when it was changed since. When that fails, the copy is used until the next heartbeat. */
  async catchUp(updated: string): Promise<void> {
    if (this.#pool?.updated !== updated) await this.refresh().catch(() => {})
  }

  async #withTemplate(pool: WorkPool): Promise<WorkPool> {
    if (Object.keys(pool.base_job_template).length > 0) return pool
    const template = this.#definition.defaultBaseJobTemplate as unknown as JsonObject
    await updateWorkPool(this.#client, this.#name, { base_job_template: template })
    return { ...pool, base_job_template: template }
  }

  async #read(): Promise<WorkPool | null> {
    try {
      return await readWorkPool(this.#client, this.#name, { exactNumbers: ['base_job_template'] })
    } catch (error) {
      if (isAedileError(error, 'api_not_found')) return null
      throw error
    }
  }

  async #create(): Promise<WorkPool> {
    if (!this.#createIfMissing || this.#pool)
      throw new AedileError('work_pool_missing', { pool: this.#name, type: this.#definition.type })
    const template = this.#baseJobTemplate ?? (this.#definition.defaultBaseJobTemplate as unknown as JsonObject)
    try {
      return await createWorkPool(this.#client, { name: this.#name, type: this.#definition.type, base_job_template: template })
    } catch (error) {
      // Another worker was faster.
      if (isAedileError(error, 'api_conflict'))
        return readWorkPool(this.#client, this.#name, { exactNumbers: ['base_job_template'] })
      throw error
    }
  }
}
