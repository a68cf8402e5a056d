import type { Transaction } from '../../store/store.ts'
import type { DeploymentScheduleTable } from '../../store/tables.ts'
import { HttpError } from '../route.ts'
import {
  changeSchedule,
  insertSchedules,
  type NewSchedule,
  replaceSchedules,
  type ScheduleChange,
  toNewSchedule,
} from './write-schedules.ts'

/**
 * Changes the schedules of a deployment as a PATCH asks. Where all have slugs they are found by slug, and what is not
 * mentioned stays; otherwise the list replaces the list. Source: WC 4.4.
 */
export async function patchSchedules(
  transaction: Transaction,
  deploymentId: string,
  wanted: readonly ScheduleChange[] | null | undefined,
): Promise<void> {
  const existing = await transaction.db
    .selectFrom('deployment_schedule')
    .selectAll()
    .where('deployment_id', '=', deploymentId)
    .execute()
  if (existing.length > 0 && existing.every(({ slug }) => slug !== null)) {
    if ((wanted ?? []).some(({ slug }) => !slug)) {
      throw new HttpError(
        422,
        'Please provide a slug for each schedule in your request to ensure schedules are updated correctly.',
      )
    }
    await patchBySlug(transaction, deploymentId, existing, wanted ?? [])
  } else if (wanted) {
    await replaceSchedules(
      transaction,
      deploymentId,
      wanted.map(toNewSchedule).filter((entry) => entry !== null),
    )
  }
}

async function patchBySlug(
  transaction: Transaction,
  deploymentId: string,
  existing: readonly DeploymentScheduleTable[],
  wanted: readonly ScheduleChange[],
): Promise<void> {
  refuseCollisions(existing, wanted)
  const bySlug = new Map(existing.map((row) => [row.slug, row]))
  const patched: { row: DeploymentScheduleTable; change: ScheduleChange }[] = []
  const added: NewSchedule[] = []
  for (const change of wanted) {
    const row = bySlug.get(change.replaces || change.slug || null)
    const entry = row ? null : toNewSchedule(change)
    if (row) patched.push({ row, change })
    else if (entry) added.push(entry)
    else throw new HttpError(422, 'Unable to create new deployment schedules without a schedule configuration.')
  }
  // Renamed ones lose their slug first, so that two can swap theirs.
  const renamed = patched.filter(({ change }) => change.replaces).map(({ row }) => row.id)
  if (renamed.length > 0) {
    await transaction.db.updateTable('deployment_schedule').set({ slug: null }).where('id', 'in', renamed).execute()
  }
  for (const { row, change } of patched) await changeSchedule(transaction, row, change)
  await insertSchedules(transaction, deploymentId, added)
}

function refuseCollisions(existing: readonly DeploymentScheduleTable[], wanted: readonly ScheduleChange[]): void {
  const replaced = new Set<string>()
  for (const { replaces } of wanted) {
    if (!replaces) continue
    if (replaced.has(replaces))
      throw new HttpError(422, `Multiple schedules have 'replaces' targeting the same slug: ${replaces}`)
    replaced.add(replaces)
  }
  for (const { slug, replaces } of wanted) {
    if (!slug || !replaces || replaced.has(slug) || !existing.some((row) => row.slug === slug)) continue
    throw new HttpError(
      422,
      `Cannot rename schedule from '${replaces}' to '${slug}': a schedule with slug '${slug}' already exists.`,
    )
  }
}
