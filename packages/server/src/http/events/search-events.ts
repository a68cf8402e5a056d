import type { EventFilter } from '@aedile/core/filters/event'
import type { ReceivedEvent } from '@aedile/core/resources/event'
import { type Selectable, sql } from 'kysely'
import { toEvent } from '../../store/queries/event-rows.ts'
import { toMicroseconds } from '../../store/queries/filters/condition.ts'
import { eventCondition } from '../../store/queries/filters/event.ts'
import { afterKey } from '../../store/queries/page.ts'
import { applySort, type SortOrder } from '../../store/queries/sort.ts'
import type { Store } from '../../store/store.ts'
import type { EventTable } from '../../store/tables.ts'

/** Searches events, in the filter's order by time and then by id. */
export async function searchEvents(store: Store, filter: EventFilter, page: { limit: number; offset: number }) {
  const query = filter.resource?.distinct ? selectDistinct(store, filter) : selectEvents(store, filter)
  const rows = await store.search(applySort(query, orderOf(filter)).limit(page.limit).offset(page.offset).compile())
  return rows.map(toEvent)
}

/** Reads events that follow one by time and id: pages that stay sound while new events arrive. */
export async function readEventsAfter(store: Store, filter: EventFilter, after: ReceivedEvent | null, limit: number) {
  const order = orderOf(filter)
  const all = selectEvents(store, filter)
  const rest = after ? all.where(afterKey(order, [toMicroseconds(after.occurred), after.id])) : all
  const rows = await store.search(applySort(rest, order).limit(limit).compile())
  return rows.map(toEvent)
}

/** Counts what a search finds. */
export async function countEvents(store: Store, filter: EventFilter): Promise<number> {
  const query = store.db
    .selectFrom('event')
    .select(sql<number>`${filter.resource?.distinct ? sql`count(distinct event.resource_id)` : sql`count(*)`}`.as('count'))
    .where(eventCondition(filter, store.kind))
  const [row] = await store.search(query.compile())
  return Number(row?.count ?? 0)
}

function selectEvents({ db, kind }: Store, filter: EventFilter) {
  return db.selectFrom('event').selectAll('event').where(eventCondition(filter, kind))
}

/** One event per resource: the first in the filter's order. */
function selectDistinct({ db, kind }: Store, filter: EventFilter) {
  const direction = sql.raw(filter.order === 'ASC' ? 'asc' : 'desc')
  const place = sql<number>`row_number() over (partition by event.resource_id order by event.occurred ${direction}, event.id ${direction})`
  const numbered = db.selectFrom('event').selectAll('event').select(place.as('place')).where(eventCondition(filter, kind))
  return db.selectFrom(numbered.as('event')).selectAll('event').where('event.place', '=', 1).$castTo<Selectable<EventTable>>()
}

function orderOf({ order }: EventFilter): SortOrder {
  const direction = order === 'ASC' ? 'asc' : 'desc'
  return [
    { column: 'event.occurred', direction },
    { column: 'event.id', direction },
  ]
}
