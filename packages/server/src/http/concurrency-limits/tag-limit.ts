import { formatTimestamp } from '@aedile/core/time'
import type { Kysely } from 'kysely'
import { addDeniedSlots, incrementSlots } from '../../dispatch/concurrency.ts'
import { createLease, listLeasesOfHolder, releaseLease, revokeLease } from '../../dispatch/leases.ts'
import type { Transaction } from '../../store/store.ts'
import type { ConcurrencyLimitTable, Database } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { HttpError } from '../route.ts'
import { readLimits } from './acquire-slots.ts'

/** The limits by tag know no leases: their slots are held until they are given back. */
const LASTING_SECONDS = 100 * 365 * 86_400
const TAG_WAIT_SECONDS = 10

/** The name of the limit that stands for a tag. */
export const nameOfTag = (tag: string) => `tag:${tag}`
const tagOf = (limit: ConcurrencyLimitTable) => limit.name.slice('tag:'.length)

/** A limit by tag as older clients know it: with the task runs that hold its slots. */
export async function toTagLimit(db: Kysely<Database>, limit: ConcurrencyLimitTable) {
  return {
    id: limit.id,
    created: formatTimestamp(limit.created),
    updated: formatTimestamp(limit.updated),
    tag: tagOf(limit),
    concurrency_limit: limit.limit,
    active_slots: (await listHolders(db, limit.id)).map(({ taskRunId }) => taskRunId),
  }
}

/** Takes one slot of each tag that has a limit, or of none. */
export async function acquireTags(workspace: Workspace, tags: readonly string[], taskRunId: string) {
  const outcome = await workspace.store.write(async (transaction) => {
    const limits = await readLimits(transaction, tags.map(nameOfTag))
    const closed = limits.find(({ limit }) => limit === 0)
    if (closed) {
      throw new HttpError(
        423,
        `The concurrency limit on tag "${tagOf(closed)}" is 0 and will deadlock if the task tries to run again.`,
      )
    }
    const ids = limits.filter(({ active }) => active === 1).map(({ id }) => id)
    if (!(await incrementSlots(transaction, ids, 1))) {
      await addDeniedSlots(transaction, ids, 1)
      return null
    }
    if (ids.length > 0) {
      await createLease(transaction, {
        limitIds: ids,
        slots: 1,
        seconds: LASTING_SECONDS,
        holder: { type: 'task_run', id: taskRunId },
      })
    }
    return limits.map((limit) => ({ id: limit.id, name: tagOf(limit), limit: limit.limit }))
  })
  if (outcome) return outcome
  const detail = `Concurrency limit for the ${tags[0]} tag has been reached`
  throw new HttpError(423, detail, { 'retry-after': String(TAG_WAIT_SECONDS) })
}

/** Gives back what a task run holds of these tags. */
export async function releaseTags(workspace: Workspace, tags: readonly string[], taskRunId: string) {
  const limits = await workspace.store.write(async (transaction) => {
    const found = await readLimits(transaction, tags.map(nameOfTag))
    const ids = found.map(({ id }) => id)
    for (const lease of await listLeasesOfHolder(transaction, ids, taskRunId)) await releaseLease(transaction, lease)
    return found
  })
  return limits.map(({ id, name, limit }) => ({ id, name, limit }))
}

/** Forgets who holds slots of a tag, and lets these task runs hold one each instead. */
export async function resetTag(transaction: Transaction, tag: string, taskRunIds: readonly string[]): Promise<void> {
  const [limit] = await readLimits(transaction, [nameOfTag(tag)])
  if (!limit) throw new HttpError(404, 'Concurrency limit not found')
  for (const { leaseId } of await listHolders(transaction.db, limit.id)) await revokeLease(transaction, leaseId)
  await transaction.db.updateTable('concurrency_limit').set({ active_slots: 0 }).where('id', '=', limit.id).execute()
  for (const id of taskRunIds) {
    await incrementSlots(transaction, [limit.id], 1)
    await createLease(transaction, { limitIds: [limit.id], slots: 1, seconds: LASTING_SECONDS, holder: { type: 'task_run', id } })
  }
}

async function listHolders(db: Kysely<Database>, limitId: string): Promise<{ leaseId: string; taskRunId: string }[]> {
  const leases = await db.selectFrom('concurrency_lease').selectAll().where('holder', 'is not', null).orderBy('created').execute()
  return leases.flatMap((lease) => {
    const holder = JSON.parse(lease.holder!) as { type: string; id: string }
    const holds = holder.type === 'task_run' && (JSON.parse(lease.limit_ids) as string[]).includes(limitId)
    return holds ? [{ leaseId: lease.id, taskRunId: holder.id }] : []
  })
}
