import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { type Condition, combine, type DatabaseKind, isOneOf, NEVER } from './condition.ts'

/** What a filter may ask of a list of texts. */
type ListCriteria = {
  operator?: 'and_' | 'or_'
  all_?: readonly string[] | null
  any_?: readonly string[] | null
  is_null_?: boolean | null
}

/** The condition for a column that holds a JSON list of texts: tags, capabilities. */
export function matchList(column: string, criteria: ListCriteria | null | undefined, kind: DatabaseKind): Condition | undefined {
  if (!criteria) return undefined
  const { all_, any_, is_null_ } = criteria
  return combine(criteria.operator, [
    all_?.length ? holdsAll(column, [...new Set(all_)], kind) : undefined,
    any_ ? holds(column, any_, kind) : undefined,
    is_null_ == null ? undefined : sql<SqlBool>`${length(column, kind)} ${is_null_ ? sql`= 0` : sql`> 0`}`,
  ])
}

function holds(column: string, texts: readonly string[], kind: DatabaseKind): Condition {
  if (texts.length === 0) return NEVER
  return sql<SqlBool>`exists (select 1 from ${elements(column, kind)} where ${isOneOf('element.value', texts, kind)})`
}

/** One condition for all texts together: a database refuses an expression of some thousand parts. */
function holdsAll(column: string, texts: readonly string[], kind: DatabaseKind): Condition {
  const found = sql`select count(distinct element.value) from ${elements(column, kind)} where ${isOneOf('element.value', texts, kind)}`
  return sql<SqlBool>`(${found}) = ${texts.length}`
}

function elements(column: string, kind: DatabaseKind): RawBuilder<unknown> {
  return kind === 'postgres'
    ? sql`json_array_elements_text(${sql.ref(column)}::json) as element(value)`
    : sql`json_each(${sql.ref(column)}) as element`
}

function length(column: string, kind: DatabaseKind): RawBuilder<unknown> {
  return kind === 'postgres' ? sql`json_array_length(${sql.ref(column)}::json)` : sql`json_array_length(${sql.ref(column)})`
}

/** The text under one key of a column that holds a JSON object; null when the key is absent. Any key is safe. */
export function textUnderKey(column: string, key: string, kind: DatabaseKind): RawBuilder<string | null> {
  return kind === 'postgres'
    ? sql<string | null>`(${sql.ref(column)}::json ->> ${key}::text)`
    : sql<string | null>`(select element.value from json_each(${sql.ref(column)}) as element where element.key = ${key})`
}
