import type { RRuleSchedule } from '@aedile/core/resources/schedule'
import type { Microseconds } from '@aedile/core/time'
import rrule from 'rrule'
import { DEFAULT_START, type Frequency, formatWallTime, parseRecurrence, type Recurrence, type RulePart } from './rrule-text.ts'
import { instantToWall, type WallTime, wallToInstant } from './time-zone.ts'

const SECOND = 1_000_000
const DAY = 86_400 * SECOND
/** What never comes within this time never comes. */
const HORIZON = 50 * 366 * DAY
/** So many candidates may be excluded in a row before a rule counts as one that never fires. */
const MAX_EXCLUDED = 100_000

/** How long a period of each frequency is at least; null where months and years differ. */
const PERIODS: Record<Frequency, number | null> = {
  SECONDLY: SECOND,
  MINUTELY: 60 * SECOND,
  HOURLY: 3600 * SECOND,
  DAILY: DAY,
  WEEKLY: 7 * DAY,
  MONTHLY: null,
  YEARLY: null,
}

/**
 * The times of a recurrence from an instant on, that instant included. Rules run on the wall (the library is given no
 * zone) and are converted last; they are asked for one window after another, so a dense rule is never walked whole.
 */
export function* rruleDates(schedule: RRuleSchedule, from: Microseconds): Generator<Microseconds> {
  const zone = schedule.timezone
  const recurrence = parseRecurrence(schedule.rrule)
  // Two hours earlier: in autumn the wall goes back.
  const first = instantToWall(from, zone) - 2 * 3600 * SECOND
  let start = first
  let length = firstWindow(recurrence)
  let excluded = 0
  let last = Number.NEGATIVE_INFINITY
  while (start < first + HORIZON && excluded < MAX_EXCLUDED) {
    const { walls, removed } = wallTimesWithin(recurrence, start, start + length)
    excluded = walls.length > 0 ? 0 : excluded + removed
    for (const wall of walls) {
      const instant = wallToInstant(wall, zone)
      if (instant < from || instant <= last) continue
      last = instant
      yield instant
    }
    start += length
    length = Math.min(length * 2, 366 * DAY)
  }
}

/** The wall times in [start, end), in order and once each. */
function wallTimesWithin(recurrence: Recurrence, start: WallTime, end: WallTime): { walls: WallTime[]; removed: number } {
  const anchor = recurrence.start ?? DEFAULT_START
  const within = (wall: WallTime) => wall >= start && wall < end
  const excluded = new Set(recurrence.exceptDates.filter(within))
  const found = new Set(recurrence.dates.filter(within))
  for (const rule of recurrence.rules) for (const wall of ruleWithin(rule, anchor, start, end)) found.add(wall)
  if (found.size > 0) {
    for (const rule of recurrence.exceptRules) for (const wall of ruleWithin(rule, anchor, start, end)) excluded.add(wall)
  }
  const walls = [...found].filter((wall) => !excluded.has(wall)).sort((left, right) => left - right)
  return { walls, removed: found.size - walls.length }
}

function ruleWithin(rule: RulePart, anchor: WallTime, start: WallTime, end: WallTime): WallTime[] {
  const days = matchingDays(rule, start, end)
  if (days === null || (days.length > 0 && rule.count !== null)) return walkRule(rule, anchor, start, end)
  return days.flatMap((day) => walkRule(rule, anchor, Math.max(day, start), Math.min(day + DAY, end)))
}

/** The days that a rule within the day can touch, null for any. The library walks the others second by second. */
function matchingDays(rule: RulePart, start: WallTime, end: WallTime): WallTime[] | null {
  const filters = rule.text.split(';').filter((part) => /^BY(MONTH|MONTHDAY|YEARDAY|WEEKNO|EASTER|DAY|WEEKDAY)=/.test(part))
  if ((PERIODS[rule.frequency] ?? DAY) >= DAY || filters.length === 0) return null
  const text = ['FREQ=DAILY', 'BYHOUR=0', 'BYMINUTE=0', 'BYSECOND=0', ...filters].join(';')
  const daily: RulePart = { text, frequency: 'DAILY', interval: 1, count: null, until: null }
  const firstDay = Math.floor(start / DAY) * DAY
  return walkRule(daily, firstDay, firstDay, end)
}

function walkRule(rule: RulePart, anchor: WallTime, start: WallTime, end: WallTime): WallTime[] {
  const near = anchorNear(rule, anchor, start)
  const options = rrule.RRule.parseString(rule.text.replace(/UNTIL=[^;]+/, `UNTIL=${formatWallTime(rule.until ?? end)}Z`))
  options.dtstart = new Date(near / 1000)
  const found = new rrule.RRule(options, true)
  if (!hasReachableTime(rule, found.options)) return []
  boundPeriods(found.options, Math.ceil((end - near) / (shortestPeriod(rule) * rule.interval)) + 3)
  const dates = found.between(new Date(Math.ceil(start / 1000)), new Date(Math.ceil(end / 1000)), true)
  return dates.map((date) => date.getTime() * 1000).filter((wall) => wall >= start && wall < end)
}

/** The library walks a rule that matches nothing to the year 9999. It stops where it reads an interval of 0. */
function boundPeriods(options: { interval: number }, periods: number): void {
  const interval = options.interval
  let reads = 2 * periods
  Object.defineProperty(options, 'interval', { get: () => (reads-- > 0 ? interval : 0), enumerable: true })
}

/** False when a rule within the day never meets its own BYHOUR, BYMINUTE and BYSECOND: the library would look for ever. */
function hasReachableTime(rule: RulePart, options: InstanceType<typeof rrule.RRule>['options']): boolean {
  const unit = PERIODS[rule.frequency]
  if (unit === null || unit >= DAY) return true
  const unitsPerDay = DAY / unit
  const step = greatestDivisor(rule.interval, unitsPerDay)
  const started = Math.floor((options.dtstart.getTime() % 86_400_000) / (unit / 1000))
  for (let time = started % step; time < unitsPerDay; time += step) {
    const seconds = (time * unit) / SECOND
    const hour = Math.floor(seconds / 3600)
    const minute = Math.floor(seconds / 60) % 60
    const hourFits = includes(options.byhour, hour)
    const minuteFits = unit >= 3600 * SECOND || includes(options.byminute, minute)
    if (hourFits && minuteFits && (unit >= 60 * SECOND || includes(options.bysecond, seconds % 60))) return true
  }
  return false
}

function includes(allowed: number[] | number | null | undefined, value: number): boolean {
  if (allowed === null || allowed === undefined) return true
  return Array.isArray(allowed) ? allowed.length === 0 || allowed.includes(value) : allowed === value
}

function greatestDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestDivisor(right, left % right)
}

function shortestPeriod(rule: RulePart): number {
  return PERIODS[rule.frequency] ?? (rule.frequency === 'MONTHLY' ? 28 : 365) * DAY
}

/** A later anchor of the same phase, so that the library need not walk from the first one. A COUNT counts from the first. */
function anchorNear(rule: RulePart, anchor: WallTime, start: WallTime): WallTime {
  const unit = PERIODS[rule.frequency]
  if (unit === null || rule.count !== null) return anchor
  const period = unit * rule.interval
  const skipped = Math.floor((start - anchor) / period) - 2
  return skipped > 0 ? anchor + skipped * period : anchor
}

function firstWindow({ rules }: Recurrence): number {
  const periods = rules.map((rule) => shortestPeriod(rule) * rule.interval)
  return Math.min(Math.max(100 * Math.min(...periods, DAY), 2 * 3600 * SECOND), 366 * DAY)
}
