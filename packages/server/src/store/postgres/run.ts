import { CompiledQuery } from 'kysely'
import type { Transaction } from '../store.ts'
import type { Run } from './partitions.ts'

/** Runs plain statements within a unit of work. */
export function runIn({ db }: Transaction): Run {
  return async (sql) => (await db.executeQuery<Record<string, unknown>>(CompiledQuery.raw(sql))).rows
}
