import type { FlowSort } from '@aedile/core/filters/flow'
import type { RelatedFilters } from '@aedile/core/filters/related'
import { sql } from 'kysely'
import { applyPage, type Page } from '../../store/queries/page.ts'
import { applyFlowFilters } from '../../store/queries/related-filters.ts'
import { applySort, sortByFlow } from '../../store/queries/sort.ts'
import type { Store } from '../../store/store.ts'
import type { FlowTable } from '../../store/tables.ts'

/** One page of the flows that match. */
export function searchFlows(store: Store, filters: RelatedFilters, sort: FlowSort, page: Page): Promise<FlowTable[]> {
  const matching = applyFlowFilters(store.db.selectFrom('flow').selectAll('flow'), filters, store.kind)
  return store.search(applyPage(applySort(matching, sortByFlow(sort)), page).compile())
}

/** How many flows match. */
export async function countFlows(store: Store, filters: RelatedFilters): Promise<number> {
  const counted = store.db.selectFrom('flow').select(sql<number>`count(*)`.as('count'))
  const [row] = await store.search(applyFlowFilters(counted, filters, store.kind).compile())
  return Number(row?.count ?? 0)
}
