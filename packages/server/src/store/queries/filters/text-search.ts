import { parseTextSearch } from '@aedile/core/filters/text-search'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { ALWAYS, type Condition, combine } from './condition.ts'

/** The condition of a text search in an expression; a blank search asks for nothing. */
export function matchText(text: RawBuilder<unknown>, criteria: { query: string } | null | undefined): Condition | undefined {
  if (!criteria) return undefined
  const { include, exclude, required } = parseTextSearch(criteria.query)
  const has = (term: string) => {
    const pattern = `%${term.replace(/[\\%_]/g, '\\$&')}%`
    return sql<SqlBool>`lower(${text}) like lower(${pattern}) escape '\\'`
  }
  return combine('and_', [
    include.length ? combine('or_', include.map(has)) : ALWAYS,
    ...exclude.map((term) => sql<SqlBool>`not (${has(term)})`),
    ...required.map(has),
  ])
}
