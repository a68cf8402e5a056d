import { formatTimestamp, type Microseconds, nowMicroseconds } from '@aedile/core/time'
import { sql } from 'kysely'
import { ignoreDeleted } from '../orchestration/ignore-deleted.ts'
import { buildState } from '../orchestration/run-state.ts'
import { setFlowRunState } from '../orchestration/set-flow-run-state.ts'
import { isOneOf } from '../store/queries/filters/condition.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspace.ts'
import type { Service } from './service.ts'

const RUNS_PER_ROUND = 200

/**
 * Uses freed slots of deployments at once. A run that found none waits for half a minute before it is tried again; when a slot
 * is free sooner, it is due at once. As many as there are free slots, less those that are due already.
 */
export class SlotWaker implements Service {
  readonly name = 'slot-waker'
  readonly intervalSeconds = 10
  readonly wakeOn = ['dispatch'] as const
  /** Under load slots become free many times a second. */
  readonly gatherMilliseconds = 10
  readonly #workspace: Workspace

  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  async runOnce(signal: AbortSignal): Promise<void> {
    const { db, kind } = this.#workspace.store
    const limitOf = await readFreeLimits(db)
    if (limitOf.size === 0) return
    const now = nowMicroseconds()
    const isOfThem = isOneOf('flow_run.deployment_id', [...limitOf.keys()], kind)
    const runs = db.selectFrom('flow_run').where(isOfThem).where(sql<boolean>`state_type = 'SCHEDULED'`)
    const due = await runs
      .select(['deployment_id', sql<number>`count(*)`.as('count')])
      .where('next_scheduled_start_time', '<=', now)
      .groupBy('deployment_id')
      .execute()
    for (const { deployment_id, count } of due) limitOf.get(deployment_id!)!.unused -= Number(count)
    const waiting = await runs
      .select(['id', 'deployment_id'])
      .where('state_name', '=', 'AwaitingConcurrencySlot')
      .where('next_scheduled_start_time', '>', now)
      .orderBy('next_scheduled_start_time')
      .orderBy('id')
      .limit(RUNS_PER_ROUND)
      .execute()
    for (const { id, deployment_id } of waiting) {
      const limit = limitOf.get(deployment_id!)!
      if (limit.unused-- <= 0) continue
      if (signal.aborted) return
      await this.#makeDue(id, now)
    }
  }

  async #makeDue(flowRunId: string, now: Microseconds): Promise<void> {
    const details = { scheduled_time: formatTimestamp(now) }
    const proposed = buildState({ type: 'SCHEDULED', name: 'AwaitingConcurrencySlot', details })
    await setFlowRunState(this.#workspace, { flowRunId, proposed, force: true, onlyFrom: 'SCHEDULED' }).catch(ignoreDeleted)
  }
}

/** The limits that have free slots, by the deployments that they are of. Most servers have none: then nothing else is asked. */
async function readFreeLimits(db: Store['db']): Promise<Map<string, { unused: number }>> {
  const rows = await db
    .selectFrom('concurrency_limit')
    .innerJoin('deployment', 'deployment.concurrency_limit_id', 'concurrency_limit.id')
    .select(['deployment.id', 'concurrency_limit.id as limit_id', 'limit', 'active_slots'])
    .where('concurrency_limit.active', '=', 1)
    .whereRef('active_slots', '<', 'limit')
    .execute()
  const limits = new Map(rows.map(({ limit_id, limit, active_slots }) => [limit_id, { unused: limit - active_slots }]))
  return new Map(rows.map(({ id, limit_id }) => [id, limits.get(limit_id)!]))
}
