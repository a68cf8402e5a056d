import type pg from 'pg'

const asText = (text: string) => text
const parsers = new Map<number, (text: string) => unknown>([
  [16, (text) => (text === 't' ? 1 : 0)], // bool: truth is 0 or 1
  [20, Number], // int8: microseconds and counts stay below 2^53
  [21, Number],
  [23, Number],
  [700, Number],
  [701, Number],
  [1700, Number], // numeric: a sum of int8
])

/** How values come out of Postgres: as they do from SQLite. Set per pool, so other users of `pg` are not touched. */
export const valueParsers: pg.CustomTypesConfig = {
  getTypeParser: ((id: number) => parsers.get(id) ?? asText) as pg.CustomTypesConfig['getTypeParser'],
}
