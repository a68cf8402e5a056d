import type { FlowRunSort } from '@aedile/core/filters/flow-run'
import type { RelatedFilters } from '@aedile/core/filters/related'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import { nowMicroseconds } from '@aedile/core/time'
import { sql } from 'kysely'
import { matchState } from '../../store/queries/filters/flow-run.ts'
import { applyPage, type Page } from '../../store/queries/page.ts'
import { applyFlowRunFilters } from '../../store/queries/related-filters.ts'
import { applySort, sortByFlowRun } from '../../store/queries/sort.ts'
import type { Store } from '../../store/store.ts'
import { presentFlowRun } from './present.ts'
import { type FlowRunRow, selectFlowRuns } from './select.ts'

/** One page of the flow runs that match. */
export async function searchFlowRuns(store: Store, filters: RelatedFilters, sort: FlowRunSort, page: Page): Promise<FlowRun[]> {
  const matching = applyInOrder(selectFlowRuns(store.db), filters, store.kind)
  const rows = await store.search<FlowRunRow>(applyPage(applySort(matching, sortByFlowRun(sort)), page).compile())
  const now = nowMicroseconds()
  return rows.map((row) => presentFlowRun(row, now))
}

/**
 * Left to itself, SQLite reads all runs in a state and sorts them to find the newest 200. The plus keeps it on the index of
 * the order, which holds the state too.
 */
function applyInOrder(query: ReturnType<typeof selectFlowRuns>, filters: RelatedFilters, kind: Store['kind']) {
  const own = filters.flow_runs
  if (kind === 'postgres' || !own?.state || own.operator === 'or_') return applyFlowRunFilters(query, filters, kind)
  const condition = matchState('flow_run', own.state, kind, (column) => sql`+${sql.ref(column)}`)
  const rest = applyFlowRunFilters(query, { ...filters, flow_runs: { ...own, state: null } }, kind)
  return condition ? rest.where(condition) : rest
}

/** How many flow runs match. */
export async function countFlowRuns(store: Store, filters: RelatedFilters): Promise<number> {
  const counted = store.db.selectFrom('flow_run').select(sql<number>`count(*)`.as('count'))
  const [row] = await store.search(applyFlowRunFilters(counted, filters, store.kind).compile())
  return Number(row?.count ?? 0)
}

/** The average seconds that matching runs are late, or null when none matches. */
export async function averageLateness(store: Store, filters: RelatedFilters): Promise<number | null> {
  const now = nowMicroseconds()
  const lateness = sql<number>`case
    when flow_run.start_time > flow_run.expected_start_time then flow_run.start_time - flow_run.expected_start_time
    when flow_run.start_time is null and flow_run.state_type not in ('COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED')
      and flow_run.expected_start_time < ${now} then ${now} - flow_run.expected_start_time
    else 0 end`
  const averaged = store.db.selectFrom('flow_run').select(sql<number | null>`avg(${lateness}) / 1000000.0`.as('average'))
  const [row] = await store.search(applyFlowRunFilters(averaged, filters, store.kind).compile())
  return row?.average == null ? null : Number(row.average)
}

/** Reads one flow run as responses carry it, or null. */
export async function readFlowRun(db: Store['db'], id: string): Promise<FlowRun | null> {
  const row = await selectFlowRuns(db).where('flow_run.id', '=', id).executeTakeFirst()
  return row === undefined ? null : presentFlowRun(row)
}
