/**
 * Reads a cron expression as croniter does: 5 fields, or 6 with seconds last, or 7 with the year after them. Every field
 * becomes an explicit list, so what iterates afterwards needs to know no dialect.
 */
export type CronFields = {
  minute: string
  hour: string
  dayOfMonth: string
  month: string
  dayOfWeek: string
  second: string
  year: string
}

type Field = { name: keyof CronFields; low: number; high: number; words?: Record<string, number> }

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const FIELDS: Field[] = [
  { name: 'minute', low: 0, high: 59 },
  { name: 'hour', low: 0, high: 23 },
  { name: 'dayOfMonth', low: 1, high: 31 },
  { name: 'month', low: 1, high: 12, words: Object.fromEntries(MONTHS.map((word, index) => [word, index + 1])) },
  { name: 'dayOfWeek', low: 0, high: 6, words: Object.fromEntries(DAYS.map((word, index) => [word, index])) },
  { name: 'second', low: 0, high: 59 },
  { name: 'year', low: 1970, high: 2099 },
]
const ALIASES: Record<string, string> = {
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
}

/** @throws an Error that names the field when the expression is not one. */
export function parseCron(expression: string): CronFields {
  const lower = expression.trim().toLowerCase()
  const parts = (ALIASES[lower] ?? lower).split(/\s+/).filter(Boolean)
  if (parts.length < 5 || parts.length > 7) {
    throw new Error(`expected 5 fields (minute hour day month weekday), or 6 with seconds last, got ${parts.length}`)
  }
  if (parts.some((part) => /^[hr](\(|\/|$)/.test(part))) throw new Error('random (R) and hashed (H) fields are not supported')
  const texts = FIELDS.map((field, index) => {
    const part = parts[index]
    if (part === undefined) return [field.name, field.name === 'second' ? '0' : '*'] as const
    return [field.name, readField(field, part)] as const
  })
  return Object.fromEntries(texts) as CronFields
}

function readField(field: Field, text: string): string {
  const isDay = field.name === 'dayOfMonth' || field.name === 'dayOfWeek'
  if (text === '*' || (text === '?' && isDay)) return '*'
  const values = new Set<string>()
  for (const item of text.split(',')) {
    if (item === '*') return '*'
    for (const value of readItem(field, item)) values.add(value)
  }
  const nth = [...values].filter((value) => value.includes('#'))
  if (nth.length > 0 && nth.length < values.size) {
    throw new Error(`${label(field)}: plain weekdays and the nth weekday of a month cannot be mixed in "${text}"`)
  }
  return [...values].join(',')
}

function readItem(field: Field, item: string): string[] {
  if (field.name === 'dayOfMonth' && item === 'l') return ['L']
  if (field.name === 'dayOfWeek') {
    const last = /^l(\d)$/.exec(item)
    if (last) return [`${readValue(field, last[1]!)}#L`]
    const nth = /^([^#]+)#(.+)$/.exec(item)
    if (nth) {
      if (!/^[1-5]$/.test(nth[2]!)) throw new Error(`${label(field)}: "${item}" must name the 1st to the 5th weekday`)
      return readItem(field, nth[1]!).map((day) => `${day}#${nth[2]}`)
    }
  }
  const [range = '', stepText, ...more] = item.split('/')
  const step = stepText === undefined ? 1 : /^\d+$/.test(stepText) ? Number(stepText) : 0
  if (step < 1 || more.length > 0) throw new Error(`${label(field)}: the step in "${item}" must be a whole number above 0`)
  if (range === '*') return stepped(field.low, field.high, step).map(String)
  const bounds = /^([^-]+)-([^-]+)$/.exec(range)
  if (!bounds) {
    const value = readValue(field, range)
    return (stepText === undefined ? [value] : stepped(value, field.high, step)).map(String)
  }
  const low = readValue(field, bounds[1]!)
  const high = field.name === 'dayOfMonth' && bounds[2] === 'l' ? 31 : readValue(field, bounds[2]!)
  return readRange(field, low, high, step).map(String)
}

/** A range that runs backwards goes over the end of the field (`22-2`, `fri-mon`); one from a value to itself is the whole field. */
function readRange(field: Field, low: number, high: number, step: number): number[] {
  if (low === high) return stepped(field.low, field.high, step)
  if (low < high) return stepped(low, high, step)
  const size = field.high - field.low + 1
  return stepped(low, high + size, step).map((value) => (value > field.high ? value - size : value))
}

function readValue(field: Field, text: string): number {
  const value = field.words?.[text] ?? (/^\d+$/.test(text) ? Number(text) : Number.NaN)
  const aliased = field.name === 'dayOfWeek' && value === 7 ? 0 : value
  if (!(aliased >= field.low && aliased <= field.high)) {
    throw new Error(`${label(field)}: expected ${field.low} to ${field.high}, got "${text}"`)
  }
  return aliased
}

function stepped(low: number, high: number, step: number): number[] {
  return Array.from({ length: Math.max(0, Math.floor((high - low) / step) + 1) }, (_, index) => low + index * step)
}

function label(field: Field): string {
  return field.name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
