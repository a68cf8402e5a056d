import { formatTimestamp, type Microseconds, nowMicroseconds } from '@aedile/core/time'
import { sql } from 'kysely'
import { ignoreDeleted } from '../orchestration/ignore-deleted.ts'
import { buildState } from '../orchestration/run-state.ts'
import { setFlowRunState } from '../orchestration/set-flow-run-state.ts'
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
  readonly #workspace: Workspace

  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  async runOnce(signal: AbortSignal): Promise<void> {
    const now = nowMicroseconds()
    const free = new Map<string, number>()
    for (const { id, limitId, unused } of await this.#findWaiting(now)) {
      const left = free.get(limitId) ?? Number(unused)
      free.set(limitId, left - 1)
      if (left <= 0) continue
      if (signal.aborted) return
      const details = { scheduled_time: formatTimestamp(now) }
      const proposed = buildState({ type: 'SCHEDULED', name: 'AwaitingConcurrencySlot', details })
      await setFlowRunState(this.#workspace, { flowRunId: id, proposed, force: true, onlyFrom: 'SCHEDULED' }).catch(ignoreDeleted)
    }
  }

  /** Runs that wait for a slot of a limit that has free ones, those that wait longest first. */
  #findWaiting(now: Microseconds): Promise<{ id: string; limitId: string; unused: number }[]> {
    const due = sql<number>`(select count(*) from flow_run as due join deployment as other on other.id = due.deployment_id
      where other.concurrency_limit_id = concurrency_limit.id and due.state_type = 'SCHEDULED'
        and due.next_scheduled_start_time <= ${now})`
    return this.#workspace.store.db
      .selectFrom('flow_run')
      .innerJoin('deployment', 'deployment.id', 'flow_run.deployment_id')
      .innerJoin('concurrency_limit', 'concurrency_limit.id', 'deployment.concurrency_limit_id')
      .select(['flow_run.id', 'concurrency_limit.id as limitId'])
      .select(sql<number>`concurrency_limit."limit" - concurrency_limit.active_slots - ${due}`.as('unused'))
      .where('flow_run.state_name', '=', 'AwaitingConcurrencySlot')
      .where('flow_run.state_type', '=', 'SCHEDULED')
      .where('flow_run.next_scheduled_start_time', '>', now)
      .where('concurrency_limit.active', '=', 1)
      .whereRef('concurrency_limit.active_slots', '<', 'concurrency_limit.limit')
      .orderBy('flow_run.next_scheduled_start_time')
      .orderBy('flow_run.id')
      .limit(RUNS_PER_ROUND)
      .execute()
  }
}
