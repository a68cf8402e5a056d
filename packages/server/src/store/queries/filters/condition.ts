import { parseTimestamp } from '@aedile/core/time'
import { expressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { DatabaseKind } from '../../kysely.ts'
import type { Database } from '../../tables.ts'

export type { DatabaseKind }
/** A part of a WHERE clause. */
export type Condition = RawBuilder<SqlBool>
/** A column as `table.column`, or an expression in its place. */
export type Column = string | RawBuilder<unknown>

export const ALWAYS: Condition = sql<SqlBool>`true`
export const NEVER: Condition = sql<SqlBool>`false`

/** All conditions that are present, joined; none at all is always true. */
export function combine(operator: 'and_' | 'or_' | undefined, conditions: readonly (Condition | undefined)[]): Condition {
  const present = conditions.filter((condition) => condition !== undefined)
  if (present.length === 0) return ALWAYS
  if (present.length === 1) return present[0]!
  return sql<SqlBool>`(${sql.join(present, operator === 'or_' ? sql` or ` : sql` and `)})`
}

/** What a filter may ask of one column. The same key means the same in every filter. */
export type Criteria = {
  operator?: 'and_' | 'or_'
  any_?: readonly string[] | null
  not_any_?: readonly string[] | null
  like_?: string | null
  startswith_?: readonly string[] | null
  exists_?: boolean | null
  is_null_?: boolean | null
  eq_?: boolean | null
  ge_?: number | null
  le_?: number | null
  before_?: string | null
  after_?: string | null
}

/**
 * The condition for one column, or undefined when the filter leaves it out. An empty `any_` matches nothing; empty
 * `not_any_`, `like_` and `startswith_` ask for nothing. Source: WC 6.5.
 */
export function matchColumn(column: Column, criteria: Criteria | null | undefined, kind: DatabaseKind): Condition | undefined {
  if (!criteria) return undefined
  const { any_, not_any_, like_, startswith_, exists_, is_null_, eq_, ge_, le_, before_, after_ } = criteria
  const value = toReference(column)
  return combine(criteria.operator, [
    any_ ? isOneOf(column, any_, kind) : undefined,
    not_any_?.length ? isNoneOf(column, not_any_, kind) : undefined,
    like_ ? isLike(column, `%${like_}%`, kind) : undefined,
    startswith_?.length
      ? combine(
          'or_',
          startswith_.map((start) => isLike(column, `${start}%`, kind)),
        )
      : undefined,
    exists_ == null ? undefined : isNull(column, !exists_),
    is_null_ == null ? undefined : isNull(column, is_null_),
    eq_ == null ? undefined : sql<SqlBool>`${value} = ${eq_ ? 1 : 0}`,
    ge_ == null ? undefined : sql<SqlBool>`${value} >= ${ge_}`,
    le_ == null ? undefined : sql<SqlBool>`${value} <= ${le_}`,
    before_ == null ? undefined : sql<SqlBool>`${value} <= ${toMicroseconds(before_)}`,
    after_ == null ? undefined : sql<SqlBool>`${value} >= ${toMicroseconds(after_)}`,
  ])
}

export function isOneOf(column: Column, values: readonly string[], kind: DatabaseKind): Condition {
  if (values.length === 0) return NEVER
  if (kind === 'postgres') return sql<SqlBool>`${toReference(column)} = any(${values})`
  return isListed(column, 'in', values)
}

function isNoneOf(column: Column, values: readonly string[], kind: DatabaseKind): Condition {
  if (kind === 'postgres') return sql<SqlBool>`${toReference(column)} <> all(${values})`
  return isListed(column, 'not in', values)
}

export function isNull(column: Column, expected: boolean): Condition {
  return expected ? sql<SqlBool>`${toReference(column)} is null` : sql<SqlBool>`${toReference(column)} is not null`
}

/** Case-insensitive; `%` and `_` of the user keep their meaning, as on genuine servers. */
export function isLike(column: Column, pattern: string, kind: DatabaseKind): Condition {
  return kind === 'postgres'
    ? sql<SqlBool>`${toReference(column)} ilike ${pattern}`
    : sql<SqlBool>`lower(${toReference(column)}) like lower(${pattern})`
}

/** Case-sensitive, every character taken literally. */
export function startsWith(column: Column, prefix: string): Condition {
  return sql<SqlBool>`substr(${toReference(column)}, 1, ${sql.lit([...prefix].length)}) = ${prefix}`
}

export function toReference(column: Column): RawBuilder<unknown> {
  return typeof column === 'string' ? sql.ref(column) : column
}

/** The microseconds of a timestamp that a schema has checked. */
export function toMicroseconds(text: string): number {
  const time = parseTimestamp(text)
  if (time === null) throw new TypeError(`Expected a timestamp, got ${text}`)
  return time
}

/** Built, not written, because the query compiler for SQLite brings long lists into another form. */
function isListed(column: Column, operator: 'in' | 'not in', values: readonly string[]): Condition {
  return sql<SqlBool>`${expressionBuilder<Database, never>()(toReference(column), operator, values)}`
}
