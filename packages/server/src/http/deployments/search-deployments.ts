import type { DeploymentSort } from '@aedile/core/filters/deployment'
import type { RelatedFilters } from '@aedile/core/filters/related'
import { sql } from 'kysely'
import { applyPage, type Page } from '../../store/queries/page.ts'
import { applyDeploymentFilters } from '../../store/queries/related-filters.ts'
import { applySort, sortByDeployment } from '../../store/queries/sort.ts'
import type { Store } from '../../store/store.ts'
import type { DeploymentTable } from '../../store/tables.ts'

/** One page of the deployments that match. */
export function searchDeployments(
  store: Store,
  filters: RelatedFilters,
  sort: DeploymentSort,
  page: Page,
): Promise<DeploymentTable[]> {
  const matching = applyDeploymentFilters(store.db.selectFrom('deployment').selectAll('deployment'), filters, store.kind)
  return store.search(applyPage(applySort(matching, sortByDeployment(sort)), page).compile())
}

/** How many deployments match. */
export async function countDeployments(store: Store, filters: RelatedFilters): Promise<number> {
  const counted = store.db.selectFrom('deployment').select(sql<number>`count(*)`.as('count'))
  const [row] = await store.search(applyDeploymentFilters(counted, filters, store.kind).compile())
  return Number(row?.count ?? 0)
}
