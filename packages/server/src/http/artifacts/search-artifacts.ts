import type { ArtifactCollectionFilter, ArtifactFilter, ArtifactSort } from '@aedile/core/filters/artifact'
import type { RelatedFilters } from '@aedile/core/filters/related'
import { type Expression, type SqlBool, sql } from 'kysely'
import { artifactCollectionCondition, artifactCondition } from '../../store/queries/filters/artifact.ts'
import { applyPage, type Page } from '../../store/queries/page.ts'
import { applyArtifactFilters } from '../../store/queries/related-filters.ts'
import { applySort, sortByArtifact, sortByArtifactCollection } from '../../store/queries/sort.ts'
import type { Store } from '../../store/store.ts'
import type { ArtifactCollectionTable, ArtifactTable } from '../../store/tables.ts'

export type ArtifactSearch = RelatedFilters & { artifacts?: ArtifactFilter }
export type LatestArtifactSearch = RelatedFilters & { artifacts?: ArtifactCollectionFilter }

/** One page of the artifacts that match. */
export function searchArtifacts(store: Store, asked: ArtifactSearch, sort: ArtifactSort, page: Page): Promise<ArtifactTable[]> {
  const matching = restrict(store, store.db.selectFrom('artifact').selectAll('artifact'), asked)
  return store.search(applyPage(applySort(matching, sortByArtifact(sort)), page).compile())
}

/** One page of the latest artifacts of their keys that match. */
export function searchLatestArtifacts(
  store: Store,
  asked: LatestArtifactSearch,
  sort: ArtifactSort,
  page: Page,
): Promise<ArtifactCollectionTable[]> {
  const matching = restrictLatest(store, store.db.selectFrom('artifact_collection').selectAll('artifact_collection'), asked)
  return store.search(applyPage(applySort(matching, sortByArtifactCollection(sort)), page).compile())
}

/** How many artifacts match. */
export async function countArtifacts(store: Store, asked: ArtifactSearch): Promise<number> {
  const counted = store.db.selectFrom('artifact').select(sql<number>`count(*)`.as('count'))
  const [row] = await store.search(restrict(store, counted, asked).compile())
  return Number(row?.count ?? 0)
}

/** How many keys have a latest artifact that matches. */
export async function countLatestArtifacts(store: Store, asked: LatestArtifactSearch): Promise<number> {
  const counted = store.db.selectFrom('artifact_collection').select(sql<number>`count(*)`.as('count'))
  const [row] = await store.search(restrictLatest(store, counted, asked).compile())
  return Number(row?.count ?? 0)
}

type Restrictable<Query> = { where(condition: Expression<SqlBool>): Query }

function restrict<Query extends Restrictable<Query>>(
  store: Store,
  query: Query,
  { artifacts, ...related }: ArtifactSearch,
): Query {
  const restricted = applyArtifactFilters(query, 'artifact', related, store.kind)
  return artifacts ? restricted.where(artifactCondition(artifacts, store.kind)) : restricted
}

function restrictLatest<Query extends Restrictable<Query>>(
  store: Store,
  query: Query,
  { artifacts, ...related }: LatestArtifactSearch,
): Query {
  const restricted = applyArtifactFilters(query, 'artifact_collection', related, store.kind)
  return artifacts ? restricted.where(artifactCollectionCondition(artifacts, store.kind)) : restricted
}
