import { nowMicroseconds } from '@aedile/core/time'
import { sql } from 'kysely'
import type { Transaction } from '../store.ts'
import { isOneOf } from './filters/condition.ts'

/** A newer sign of life is written only when the last one is older than this, in microseconds. */
const RESOLUTION = 2_000_000

/** Notes that the children of these flow runs were heard of just now, by the database's clock. */
export async function hearChildren({ db, kind }: Transaction, flowRunIds: readonly string[]): Promise<void> {
  if (flowRunIds.length === 0) return
  const ids = isOneOf('flow_run.id', flowRunIds, kind)
  if (kind === 'sqlite') {
    const now = nowMicroseconds()
    await sql`update flow_run set child_heard_at = ${now}
      where ${ids} and (child_heard_at is null or child_heard_at < ${now - RESOLUTION})`.execute(db)
    return
  }
  // A run that is being changed is alive anyway: nobody waits for its lock here.
  await sql`update flow_run set child_heard_at = clock.now
    from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as now) as clock
    where flow_run.id in (
      select flow_run.id from flow_run
      where ${ids} and (child_heard_at is null or child_heard_at < (extract(epoch from clock_timestamp()) * 1000000)::bigint - ${sql.lit(RESOLUTION)})
      for no key update skip locked)`.execute(db)
}
