import { randomUUID } from 'node:crypto'
import type { deploymentScheduleCreate, deploymentScheduleUpdate } from '@aedile/core/resources/schedule'
import { nowMicroseconds } from '@aedile/core/time'
import type { z } from 'zod'
import { ScheduleError, validateSchedule } from '../../scheduling/validate-schedule.ts'
import type { Transaction } from '../../store/store.ts'
import type { DeploymentScheduleTable } from '../../store/tables.ts'
import { HttpError } from '../route.ts'
import { RequestInvalid } from '../validation.ts'

export type NewSchedule = z.output<typeof deploymentScheduleCreate>
export type ScheduleChange = z.output<typeof deploymentScheduleUpdate>

/**
 * Checks the schedules of a request and makes them what is stored.
 * @throws RequestInvalid that names the schedule and its part.
 */
export function acceptSchedules<Entry extends NewSchedule | ScheduleChange>(
  entries: readonly Entry[],
  loc: (string | number)[],
  body: unknown,
): Entry[] {
  const now = nowMicroseconds()
  return entries.map((entry, index) => {
    if (!entry.schedule) return entry
    try {
      return { ...entry, schedule: validateSchedule(entry.schedule, now) }
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error
      const place = entries.length === 1 && loc.at(-1) === 'body' ? loc : [...loc, index]
      throw new RequestInvalid(
        [
          {
            type: 'value_error',
            loc: [...place, 'schedule', error.field],
            msg: `Value error, ${error.message}`,
            input: entry.schedule,
            ctx: { error: {} },
          },
        ],
        body,
      )
    }
  })
}

/** Adds schedules to a deployment. Slugs are unique within it. */
export async function insertSchedules(
  { db }: Transaction,
  deploymentId: string,
  wanted: readonly NewSchedule[],
): Promise<DeploymentScheduleTable[]> {
  const slugs = wanted.flatMap(({ slug }) => (slug ? [slug] : []))
  const taken =
    slugs.length === 0
      ? []
      : await db
          .selectFrom('deployment_schedule')
          .select('slug')
          .where('deployment_id', '=', deploymentId)
          .where('slug', 'in', slugs)
          .execute()
  if (taken.length > 0 || new Set(slugs).size < slugs.length) {
    throw new HttpError(409, 'Schedule slugs must be unique within a deployment.')
  }
  const rows = wanted.map((entry) => toRow(deploymentId, entry))
  if (rows.length > 0) await db.insertInto('deployment_schedule').values(rows).execute()
  return rows
}

/** Changes what is given of one schedule; a null leaves its field alone. */
export async function changeSchedule(
  { db }: Transaction,
  before: DeploymentScheduleTable,
  change: ScheduleChange,
): Promise<void> {
  await db
    .updateTable('deployment_schedule')
    .set({
      updated: nowMicroseconds(),
      ...(change.schedule && { schedule: JSON.stringify(change.schedule) }),
      ...(typeof change.active === 'boolean' && { active: change.active ? 1 : 0 }),
      ...(typeof change.max_scheduled_runs === 'number' && { max_scheduled_runs: change.max_scheduled_runs }),
      ...(change.parameters && { parameters: JSON.stringify(change.parameters) }),
      ...(change.slug && { slug: change.slug }),
    })
    .where('id', '=', before.id)
    .execute()
}

/** Removes all schedules of a deployment and puts these in their place. */
export async function replaceSchedules(
  transaction: Transaction,
  deploymentId: string,
  wanted: readonly NewSchedule[],
): Promise<void> {
  await transaction.db.deleteFrom('deployment_schedule').where('deployment_id', '=', deploymentId).execute()
  await insertSchedules(transaction, deploymentId, wanted)
}

/** A change as a schedule of its own: what it leaves out has its default. */
export function toNewSchedule(change: ScheduleChange): NewSchedule | null {
  if (!change.schedule) return null
  return { schedule: change.schedule, active: change.active ?? true, parameters: change.parameters ?? {}, slug: change.slug }
}

/** Schedules have times of their own, so that the order in which a request lists them stays to be seen. */
function toRow(deploymentId: string, entry: NewSchedule): DeploymentScheduleTable {
  const now = nowMicroseconds()
  return {
    id: randomUUID(),
    created: now,
    updated: now,
    deployment_id: deploymentId,
    schedule: JSON.stringify(entry.schedule),
    active: entry.active ? 1 : 0,
    max_scheduled_runs: entry.max_scheduled_runs ?? null,
    parameters: JSON.stringify(entry.parameters),
    slug: entry.slug ?? null,
  }
}
