import type { IntervalSchedule } from '@aedile/core/resources/schedule'
import { MICROSECONDS_PER_SECOND, type Microseconds, parseTimestamp } from '@aedile/core/time'
import { instantToWall, wallToInstant } from './time-zone.ts'

const MICROSECONDS_PER_DAY = 86_400 * MICROSECONDS_PER_SECOND

/**
 * The times of an interval schedule from an instant on, that instant included. The first jump from the anchor is in
 * elapsed seconds; from there intervals of a day and more follow the wall, shorter ones the elapsed time. So a change of
 * the clock between anchor and `from` shifts the hour, one after `from` does not: as a genuine server does it, because run
 * times and idempotency keys must be the same.
 */
export function* intervalDates(schedule: IntervalSchedule, from: Microseconds): Generator<Microseconds> {
  const zone = schedule.timezone ?? 'UTC'
  const interval = Math.round(schedule.interval * MICROSECONDS_PER_SECOND)
  const anchor = (schedule.anchor_date === undefined ? null : parseTimestamp(schedule.anchor_date)) ?? from
  const advance = interval < MICROSECONDS_PER_DAY ? (time: Microseconds) => time + interval : advanceOnTheWall(interval, zone)

  let next = anchor + interval * Math.trunc((from - anchor) / interval)
  while (next < from) next = advance(next)
  let last = Number.NEGATIVE_INFINITY
  for (;;) {
    if (next > last) {
      last = next
      yield next
    }
    next = advance(next)
  }
}

function advanceOnTheWall(interval: number, zone: string): (time: Microseconds) => Microseconds {
  return (time) => wallToInstant(instantToWall(time, zone) + interval, zone)
}
