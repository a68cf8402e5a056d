import { MICROSECONDS_PER_SECOND, nowMicroseconds } from '@aedile/core/time'
import type { Workspace } from '../workspace.ts'
import { scheduleDeployments } from './scheduler.ts'
import type { Service } from './service.ts'

/** Makes the runs of deployments that were written since its last pass, so that nobody waits for the slow scheduler. */
export class RecentDeploymentScheduler implements Service {
  readonly name = 'recent-deployment-scheduler'
  readonly intervalSeconds: number
  readonly wakeOn = ['deployments'] as const
  readonly #workspace: Workspace

  constructor(workspace: Workspace) {
    this.#workspace = workspace
    this.intervalSeconds = workspace.settings.recentSchedulerIntervalSeconds
  }

  async runOnce(signal: AbortSignal): Promise<void> {
    // One second more than the interval, against what commits late.
    const since = nowMicroseconds() - (this.intervalSeconds + 1) * MICROSECONDS_PER_SECOND
    const rows = await this.#workspace.store.db
      .selectFrom('deployment')
      .select('id')
      .where('updated', '>=', since)
      .where('paused', '=', 0)
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('deployment_schedule')
            .select('deployment_schedule.id')
            .whereRef('deployment_schedule.deployment_id', '=', 'deployment.id')
            .where('deployment_schedule.active', '=', 1),
        ),
      )
      .orderBy('id')
      .execute()
    await scheduleDeployments(
      this.#workspace,
      rows.map(({ id }) => id),
      signal,
    )
  }
}
