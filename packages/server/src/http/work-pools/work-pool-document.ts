import type { JsonObject } from '@aedile/core/json'
import { parseJsonKeepingNumbers } from '@aedile/core/python-text'
import { storageConfiguration, type TemplateFinding, type WorkPool, workPool } from '@aedile/core/resources/work-pool'
import { formatTimestamp } from '@aedile/core/time'
import type { WorkPoolTable } from '../../store/tables.ts'
import { findPoolWarnings } from './lint-pool.ts'

/** Work pools as answers carry them, with what is wrong with their templates. `active` are the held slots by pool id. */
export async function loadWorkPools(rows: readonly WorkPoolTable[], active: ReadonlyMap<string, number>): Promise<WorkPool[]> {
  const warnings = await findPoolWarnings(rows)
  return rows.map((row) => toWorkPool(row, active.get(row.id) ?? 0, warnings.get(row.id) ?? []))
}

/** A work pool as workers get it. */
export function toWorkPool(row: WorkPoolTable, activeSlots: number | null, warnings: TemplateFinding[] = []): WorkPool {
  return {
    id: row.id,
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
    name: row.name,
    description: row.description,
    type: row.type,
    base_job_template: parseJsonKeepingNumbers(row.base_job_template) as JsonObject,
    is_paused: row.is_paused === 1,
    concurrency_limit: row.concurrency_limit,
    status: workPool.shape.status.parse(row.status),
    default_queue_id: row.default_queue_id,
    storage_configuration: storageConfiguration.parse(JSON.parse(row.storage_configuration)),
    active_slots: row.concurrency_limit === null ? null : activeSlots,
    ...(warnings.length > 0 && { aedile_warnings: warnings }),
  }
}
