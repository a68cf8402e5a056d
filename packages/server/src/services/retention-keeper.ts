import { MICROSECONDS_PER_SECOND, type Microseconds, nowMicroseconds } from '@aedile/core/time'
import { dropOrphans } from '../store/drop-orphans.ts'
import { dropOldEvents, dropOldLogs, incrementalVacuum, preparePartitions } from '../store/retention.ts'
import type { Workspace } from '../workspace.ts'
import type { Service } from './service.ts'

const CHUNK = 200

/** Deletes what is older than its retention, in small chunks, and makes the coming days' partitions. */
export class RetentionKeeper implements Service {
  readonly name = 'retention'
  readonly intervalSeconds: number
  readonly #workspace: Workspace

  constructor(workspace: Workspace) {
    this.#workspace = workspace
    this.intervalSeconds = workspace.settings.retentionIntervalSeconds
  }

  async runOnce(signal: AbortSignal): Promise<void> {
    const { store, settings, log } = this.#workspace
    const now = nowMicroseconds()
    await preparePartitions(store, now)
    if (settings.eventRetentionDays !== null) await dropOldEvents(store, daysBefore(now, settings.eventRetentionDays), { signal })
    if (settings.logRetentionDays !== null) await dropOldLogs(store, daysBefore(now, settings.logRetentionDays), { signal })
    if (settings.auditRetentionDays !== null) await this.#dropOldAudit(daysBefore(now, settings.auditRetentionDays), signal)
    if (settings.runRetentionDays !== null) {
      const count = await this.#dropOldRuns(daysBefore(now, settings.runRetentionDays), signal)
      if (count > 0) log.info({ count }, 'finished runs older than their retention were deleted')
    }
    await dropOrphans(store, { signal })
    await incrementalVacuum(store)
  }

  async #dropOldAudit(before: Microseconds, signal: AbortSignal): Promise<void> {
    const { store } = this.#workspace
    for (let deleted = CHUNK; deleted === CHUNK; ) {
      signal.throwIfAborted()
      deleted = await store.write(async ({ db }) => {
        const old = await db
          .selectFrom('audit')
          .select('sequence')
          .where('created', '<', before)
          .orderBy('sequence')
          .limit(CHUNK)
          .execute()
        const sequences = old.map(({ sequence }) => sequence)
        if (sequences.length > 0) await db.deleteFrom('audit').where('sequence', 'in', sequences).execute()
        return sequences.length
      })
    }
  }

  /** Only runs without a parent; what belongs to them goes with them. */
  async #dropOldRuns(before: Microseconds, signal: AbortSignal): Promise<number> {
    const { store } = this.#workspace
    for (let total = 0; ; ) {
      signal.throwIfAborted()
      const deleted = await store.write(async ({ db }) => {
        const old = await db
          .selectFrom('flow_run')
          .select('id')
          .where('end_time', '<', before)
          .where('state_type', 'in', ['COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED'])
          .where('parent_task_run_id', 'is', null)
          .limit(CHUNK)
          .execute()
        const ids = old.map(({ id }) => id)
        if (ids.length > 0) await db.deleteFrom('flow_run').where('id', 'in', ids).execute()
        return ids.length
      })
      total += deleted
      if (deleted < CHUNK) return total
    }
  }
}

function daysBefore(now: Microseconds, days: number): Microseconds {
  return now - Math.round(days * 86_400 * MICROSECONDS_PER_SECOND)
}
