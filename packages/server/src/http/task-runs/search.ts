import type { RelatedFilters } from '@aedile/core/filters/related'
import type { TaskRunSort } from '@aedile/core/filters/task-run'
import type { TaskRun } from '@aedile/core/resources/task-run'
import { nowMicroseconds } from '@aedile/core/time'
import { sql } from 'kysely'
import { applyPage, type Page } from '../../store/queries/page.ts'
import { applyTaskRunFilters } from '../../store/queries/related-filters.ts'
import { applySort, sortByTaskRun } from '../../store/queries/sort.ts'
import type { Store } from '../../store/store.ts'
import { presentTaskRun, selectTaskRuns, type TaskRunRow } from './present.ts'

/** One page of the task runs that match. */
export async function searchTaskRuns(store: Store, filters: RelatedFilters, sort: TaskRunSort, page: Page): Promise<TaskRun[]> {
  const matching = applyTaskRunFilters(selectTaskRuns(store.db), filters, store.kind)
  const rows = await store.search<TaskRunRow>(applyPage(applySort(matching, sortByTaskRun(sort)), page).compile())
  const now = nowMicroseconds()
  return rows.map((row) => presentTaskRun(row, now))
}

/** How many task runs match. */
export async function countTaskRuns(store: Store, filters: RelatedFilters): Promise<number> {
  const counted = store.db.selectFrom('task_run').select(sql<number>`count(*)`.as('count'))
  const [row] = await store.search(applyTaskRunFilters(counted, filters, store.kind).compile())
  return Number(row?.count ?? 0)
}

/** Reads one task run as responses carry it, or null. */
export async function readTaskRun(db: Store['db'], id: string): Promise<TaskRun | null> {
  const row = await selectTaskRuns(db).where('task_run.id', '=', id).executeTakeFirst()
  return row === undefined ? null : presentTaskRun(row)
}
