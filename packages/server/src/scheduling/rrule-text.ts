import { instantToWall, type WallTime } from './time-zone.ts'

/** A recurrence as text carries it, its times as wall times of the schedule's zone. Zones within the text are relabelled. */
export type Recurrence = {
  start: WallTime | null
  rules: RulePart[]
  exceptRules: RulePart[]
  dates: WallTime[]
  exceptDates: WallTime[]
}
export type RulePart = { text: string; frequency: Frequency; interval: number; count: number | null; until: WallTime | null }

const FREQUENCIES = ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY', 'MINUTELY', 'SECONDLY'] as const
export type Frequency = (typeof FREQUENCIES)[number]

/** The anchor of a rule that has no DTSTART. */
export const DEFAULT_START: WallTime = Date.UTC(2020, 0, 1) * 1000

/** Bounds of a rule's lists: lowest and highest, and whether it may count from the end. */
const LISTS: Record<string, { low: number; high: number; fromEnd?: boolean }> = {
  BYSETPOS: { low: 1, high: 366, fromEnd: true },
  BYMONTH: { low: 1, high: 12 },
  BYMONTHDAY: { low: 1, high: 31, fromEnd: true },
  BYYEARDAY: { low: 1, high: 366, fromEnd: true },
  BYWEEKNO: { low: 1, high: 53, fromEnd: true },
  BYHOUR: { low: 0, high: 23 },
  BYMINUTE: { low: 0, high: 59 },
  BYSECOND: { low: 0, high: 59 },
  BYEASTER: { low: 0, high: 366, fromEnd: true },
}

/** @throws an Error that says which part is wrong. */
export function parseRecurrence(text: string): Recurrence {
  const recurrence: Recurrence = { start: null, rules: [], exceptRules: [], dates: [], exceptDates: [] }
  let startIsAbsolute = false
  const lines = text.toUpperCase().split(/\s+/).filter(Boolean)
  if (lines.length === 0) throw new Error('it is empty')
  for (const line of lines) {
    const colon = line.indexOf(':')
    const [name = '', ...attributes] = (colon < 0 ? 'RRULE' : line.slice(0, colon)).split(';')
    const value = line.slice(colon + 1)
    if (name === 'DTSTART') {
      recurrence.start = parseWallTime(value)
      startIsAbsolute = isAbsolute(value) || attributes.some((attribute) => attribute.startsWith('TZID='))
    } else if (name === 'RRULE') recurrence.rules.push(parseRule(value))
    else if (name === 'EXRULE') recurrence.exceptRules.push(parseRule(value))
    else if (name === 'RDATE') recurrence.dates.push(...value.split(',').map(parseWallTime))
    else if (name === 'EXDATE') recurrence.exceptDates.push(...value.split(',').map(parseWallTime))
    else throw new Error(`unknown line "${name}"`)
  }
  if (recurrence.rules.length + recurrence.dates.length === 0) throw new Error('it has neither an RRULE nor an RDATE')
  if (recurrence.start !== null) {
    const other = [...recurrence.rules, ...recurrence.exceptRules].find(
      (rule) => rule.until !== null && isAbsolute(untilOf(rule.text)) !== startIsAbsolute,
    )
    if (other) throw new Error('UNTIL must be written like DTSTART: both with a time zone or Z, or both without')
  }
  return recurrence
}

/**
 * The text as it is stored: always with a DTSTART, so that its phase is explicit. Rules by the second or minute get a
 * recent start of the same phase, all others the first day of 2020. @param now the present instant.
 */
export function normalizeRecurrence(text: string, zone: string, now: number): string {
  if (/DTSTART/i.test(text)) return text
  const recurrence = parseRecurrence(text)
  // A start without a zone and an UNTIL in UTC do not go together: the end is converted to the wall of the schedule's zone.
  const body = text.replace(/UNTIL=(\d{8}T\d{6})Z/gi, (_, until: string) => {
    return `UNTIL=${formatWallTime(instantToWall(parseWallTime(until.toUpperCase()), zone))}`
  })
  return `DTSTART:${formatWallTime(startOf(recurrence, instantToWall(now, zone)))}\n${body}`
}

function startOf(recurrence: Recurrence, now: WallTime): WallTime {
  const { rules, exceptRules, dates, exceptDates } = recurrence
  const [rule] = rules
  const alone = rules.length === 1 && exceptRules.length + dates.length + exceptDates.length === 0
  if (!rule || !alone || rule.count !== null || now <= DEFAULT_START) return DEFAULT_START
  if (rule.frequency !== 'SECONDLY' && rule.frequency !== 'MINUTELY') return DEFAULT_START
  const period = (rule.frequency === 'SECONDLY' ? 1 : 60) * 1_000_000 * rule.interval
  return DEFAULT_START + Math.floor((now - DEFAULT_START) / period) * period
}

function parseRule(text: string): RulePart {
  const parts = new Map<string, string>()
  for (const part of text.split(';')) {
    const [key = '', value] = part.split('=')
    if (!value) throw new Error(`"${part}" is not of the form NAME=VALUE`)
    validatePart(key, value)
    parts.set(key, value)
  }
  const frequency = FREQUENCIES.find((known) => known === parts.get('FREQ'))
  if (!frequency) throw new Error(`FREQ must be one of ${FREQUENCIES.join(', ')}, got ${parts.get('FREQ') ?? 'none'}`)
  const until = parts.get('UNTIL')
  return {
    text,
    frequency,
    interval: Number(parts.get('INTERVAL') ?? 1),
    count: parts.has('COUNT') ? Number(parts.get('COUNT')) : null,
    until: until === undefined ? null : parseWallTime(until),
  }
}

function validatePart(key: string, value: string): void {
  if (key === 'FREQ' || key === 'UNTIL') return
  if (key === 'INTERVAL' || key === 'COUNT') {
    if (!/^\d{1,9}$/.test(value) || Number(value) < 1) throw new Error(`${key} must be a whole number above 0, got ${value}`)
    return
  }
  if (key === 'WKST' || key === 'BYDAY' || key === 'BYWEEKDAY') {
    const days = key === 'WKST' ? /^(MO|TU|WE|TH|FR|SA|SU)$/ : /^[+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU)$/
    const wrong = value.split(',').find((day) => !days.test(day))
    if (wrong !== undefined) throw new Error(`${key} must name weekdays (MO, TU, ...), got ${wrong}`)
    return
  }
  const bounds = LISTS[key]
  if (!bounds) throw new Error(`unknown part "${key}"`)
  for (const item of value.split(',')) {
    const number = /^[+-]?\d+$/.test(item) ? Number(item) : Number.NaN
    const size = bounds.fromEnd ? Math.abs(number) : number
    if (!(size >= bounds.low && size <= bounds.high))
      throw new Error(`${key} must be ${bounds.low} to ${bounds.high}, got ${item}`)
  }
}

function untilOf(ruleText: string): string {
  return /UNTIL=([^;]+)/.exec(ruleText)?.[1] ?? ''
}

function isAbsolute(value: string): boolean {
  return value.endsWith('Z')
}

function parseWallTime(value: string): WallTime {
  const match = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})Z?)?$/.exec(value)
  const [year, month, day, hour, minute, second] = (match ?? []).slice(1).map((digits) => Number(digits ?? 0))
  const time = Date.UTC(year!, month! - 1, day, hour, minute, second)
  if (!match || new Date(time).getUTCDate() !== day) throw new Error(`"${value}" is no date of the form 20250131T093000`)
  return time * 1000
}

/** Text of a wall time as recurrences carry it: `20250131T093000`. */
export function formatWallTime(wall: WallTime): string {
  return new Date(Math.floor(wall / 1000)).toISOString().slice(0, 19).replace(/[-:]/g, '')
}
