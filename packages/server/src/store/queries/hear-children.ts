import { nowMicroseconds } from '@aedile/core/time'
import { sql } from 'kysely'
import type { Transaction } from '../store.ts'
import { isOneOf } from './filters/condition.ts'

/** A newer sign of life is written only when the last one is older than this, in microseconds. */
const RESOLUTION = 2_000_000

/** Notes that the children of these flow runs were heard of just now, by the database's clock. */
export async function hearChildren({ db, kind, execute }: Transaction, flowRunIds: readonly string[]): Promise<void> {
  if (flowRunIds.length === 0) return
  if (kind === 'postgres') {
    await execute({ sql: hearingText('$1::uuid[]'), parameters: [flowRunIds] })
    return
  }
  const now = nowMicroseconds()
  await sql`update flow_run set child_heard_at = ${now}
    where ${isOneOf('flow_run.id', flowRunIds, kind)} and (child_heard_at is null or child_heard_at < ${now - RESOLUTION})`.execute(
    db,
  )
}

const NOW = '(extract(epoch from clock_timestamp()) * 1000000)::bigint'

/**
 * The statement of Postgres that does it for an array of ids. A run that is being changed is alive anyway: nobody waits
 * for its lock here.
 */
export function hearingText(ids: string): string {
  return `update flow_run set child_heard_at = clock.now from (select ${NOW} as now) as clock
    where flow_run.id in (
      select id from flow_run where id = any(${ids}) and (child_heard_at is null or child_heard_at < ${NOW} - ${RESOLUTION})
      for no key update skip locked)`
}
