import { nowMicroseconds } from '@aedile/core/time'
import { sql } from 'kysely'
import { buildHorizon, MIN_RUNS, MIN_TIME, scheduleRuns } from '../scheduling/schedule-runs.ts'
import type { Workspace } from '../workspace.ts'
import type { Service } from './service.ts'

const PAGE = 100
/** Before every id. */
const NO_ID = '00000000-0000-0000-0000-000000000000'

/** Makes the runs of all schedules that have too few ahead. Source: WC 4.1. */
export class Scheduler implements Service {
  readonly name = 'scheduler'
  readonly intervalSeconds: number
  readonly #workspace: Workspace

  constructor(workspace: Workspace) {
    this.#workspace = workspace
    this.intervalSeconds = workspace.settings.schedulerIntervalSeconds
  }

  async runOnce(signal: AbortSignal): Promise<void> {
    let after = NO_ID
    for (;;) {
      const ids = await this.#findNeedy(after)
      await scheduleDeployments(this.#workspace, ids, signal)
      if (ids.length < PAGE) return
      after = ids.at(-1)!
    }
  }

  /** Deployments with an active schedule that has fewer than three runs ahead, or none an hour away. */
  async #findNeedy(after: string): Promise<string[]> {
    const { db, kind } = this.#workspace.store
    const now = nowMicroseconds()
    const creator =
      kind === 'postgres' ? sql`(flow_run.created_by ->> 'id')::uuid` : sql`json_extract(flow_run.created_by, '$.id')`
    const ahead = sql`from flow_run where flow_run.deployment_id = deployment.id and flow_run.state_type = 'SCHEDULED'
      and flow_run.next_scheduled_start_time >= ${now} and flow_run.auto_scheduled = 1 and ${creator} = deployment_schedule.id`
    const rows = await db
      .selectFrom('deployment')
      .innerJoin('deployment_schedule', 'deployment_schedule.deployment_id', 'deployment.id')
      .select('deployment.id')
      .distinct()
      .where('deployment.id', '>', after)
      .where('deployment.paused', '=', 0)
      .where('deployment_schedule.active', '=', 1)
      .where(
        sql<boolean>`((select count(*) ${ahead}) < ${MIN_RUNS}
          or (select max(flow_run.next_scheduled_start_time) ${ahead}) < ${now + MIN_TIME})`,
      )
      .orderBy('deployment.id')
      .limit(PAGE)
      .execute()
    return rows.map(({ id }) => id)
  }
}

/** Makes the coming runs of these deployments. An error of one is logged and stops no other. */
export async function scheduleDeployments(workspace: Workspace, ids: readonly string[], signal: AbortSignal): Promise<void> {
  for (const id of ids) {
    signal.throwIfAborted()
    try {
      await scheduleDeployment(workspace, id)
    } catch (error) {
      workspace.log.error({ error, deployment: id }, 'the schedules of a deployment could not be followed')
    }
  }
}

async function scheduleDeployment({ store, changes }: Workspace, id: string): Promise<void> {
  await store.write(async (transaction) => {
    const { db } = transaction
    // Locked, so that a pause or a change of the schedule meanwhile comes before these runs or after them.
    const reading = db.selectFrom('deployment').selectAll().where('id', '=', id).where('paused', '=', 0)
    const deployment = await (transaction.kind === 'postgres' ? reading.forUpdate() : reading).executeTakeFirst()
    if (!deployment) return
    const schedules = await db.selectFrom('deployment_schedule').selectAll().where('deployment_id', '=', id).execute()
    const count = await scheduleRuns(transaction, deployment, schedules, buildHorizon())
    if (count > 0) transaction.afterCommit(() => changes.emit('dispatch', []))
  })
}
