import { AedileError } from '@aedile/core/errors'
import { type Expression, type SqlBool, sql } from 'kysely'
import type { Store } from '../store.ts'
import { ALWAYS, type Condition, combine, NEVER, toReference } from './filters/condition.ts'
import type { SortOrder, SortTerm } from './sort.ts'

/** The most that one answer carries, and what it carries when nothing is asked. Source: WC 6.6. */
const DEFAULT_LIMIT = 200

export type Page = { limit: number; offset: number }

/** Checks the limit and fills the defaults. A limit of 0 is legal. */
export function readPage(asked: { limit?: number | null; offset?: number | null }, most = DEFAULT_LIMIT): Page {
  const limit = asked.limit ?? most
  if (limit < 0) throw new AedileError('limit_invalid', { bound: 'greater than or equal to 0' })
  if (limit > most) throw new AedileError('limit_invalid', { bound: `less than or equal to ${most}` })
  return { limit, offset: asked.offset ?? 0 }
}

/** Paging by number: page 1 is the first. */
export function readNumberedPage(asked: { limit?: number | null; page: number }, most = DEFAULT_LIMIT): Page {
  const { limit } = readPage(asked, most)
  return { limit, offset: (asked.page - 1) * limit }
}

type Pageable<Query> = { limit(limit: number): { offset(offset: number): Query } }

/** Cuts one page out of a sorted query. */
export function applyPage<Query>(query: Pageable<Query>, page: Page): Query {
  return query.limit(page.limit).offset(page.offset)
}

/** Where a page by key ended: the values of the order's terms in its last row. */
type PageKey = readonly (string | number | null)[]

type KeyedTable = 'flow_run' | 'task_run' | 'flow' | 'deployment' | 'variable' | 'artifact' | 'log'

/** The row after which a page begins. With `among` it is looked for first where that condition holds, which an index may help. */
type After = { table: KeyedTable; order: SortOrder; id: string; among?: Condition | undefined }

/**
 * Restricts a sorted query to what follows the row with this id, so that rows which come and go meanwhile shift nothing:
 * paging for our own clients.
 */
export async function applyAfter<Query extends { where(condition: Expression<SqlBool>): Query }>(
  query: Query,
  { db }: Pick<Store, 'db'>,
  { table, order, id, among }: After,
): Promise<Query> {
  const values = order.map(({ column }, index) => sql<string | number | null>`${toReference(column)}`.as(`key_${index}`))
  const find = (condition: Condition) =>
    db
      .selectFrom(table as 'log')
      .select(values)
      .where(`${table}.id` as 'log.id', '=', id)
      .where(condition)
      .executeTakeFirst()
  const row = (among && (await find(among))) ?? (await find(ALWAYS))
  if (!row) throw new AedileError('not_found', { what: `The row ${id}, after which the page shall begin,` })
  const key = Object.values(row) as PageKey
  return query.where(afterKey(order, key))
}

/** The condition of coming after a key in an order; nulls are where the order has them. */
export function afterKey(order: SortOrder, key: PageKey): Condition {
  const isAfterKey = combine(
    'or_',
    order.map((term, index) =>
      combine('and_', [
        ...order.slice(0, index).map((earlier, place) => isSame(earlier, key[place] ?? null)),
        isAfter(term, key[index] ?? null),
      ]),
    ),
  )
  return combine('and_', [isNotBefore(order[0], key[0] ?? null), isAfterKey])
}

/** Says nothing new, but by it the database begins at the key in its index, where it cannot use an `or`. */
function isNotBefore(term: SortTerm | undefined, value: string | number | null): Condition | undefined {
  if (!term || term.nullable || value === null) return undefined
  return sql<SqlBool>`${toReference(term.column)} ${sql.raw(term.direction === 'asc' ? '>=' : '<=')} ${value}`
}

function isSame(term: SortTerm, value: string | number | null): Condition {
  const column = toReference(term.column)
  return value === null ? sql<SqlBool>`${column} is null` : sql<SqlBool>`${column} = ${value}`
}

function isAfter(term: SortTerm, value: string | number | null): Condition {
  const column = toReference(term.column)
  if (term.direction === 'asc') {
    return value === null ? sql<SqlBool>`${column} is not null` : sql<SqlBool>`${column} > ${value}`
  }
  if (value === null) return NEVER
  return term.nullable ? sql<SqlBool>`(${column} < ${value} or ${column} is null)` : sql<SqlBool>`${column} < ${value}`
}
