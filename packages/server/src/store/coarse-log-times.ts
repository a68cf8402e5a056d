import type { Microseconds } from '@aedile/core/time'
import type { DatabaseKind } from './kysely.ts'

/** A tenth of a second. */
const MICROSECONDS: Microseconds = 100_000

/**
 * What SQLite's indexes hold of a log line's time. Lines of one moment come in any order, from many clients and in repeated
 * batches; an index of exact times puts each at a page of its own, and a commit writes all those pages. Lines of a tenth of
 * a second stand in the order of arrival here, at one end of the index. A query names both the coarse time, for the index,
 * and the exact one.
 */
export const COARSE_LOG_TIME = `timestamp / ${MICROSECONDS}`

/** The coarse time of a moment, rounded as SQLite's division does it: towards zero. */
export function toCoarseLogTime(time: Microseconds): number {
  return Math.trunc(time / MICROSECONDS)
}

/** Whether a database's indexes of log lines hold coarse times. Postgres' hold exact ones, in partitions by day. */
export function hasCoarseLogTimes(kind: DatabaseKind): boolean {
  return kind === 'sqlite'
}
