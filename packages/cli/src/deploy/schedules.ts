import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { findNearest } from '@aedile/core/nearest'
import type { DeploymentScheduleCreate } from '@aedile/core/resources/schedule'
import { CliFailure, EXIT_CODES } from '../failure.ts'
import { checkSchedule } from '../options/check-schedule.ts'

/** Keys of a schedule in a file. Source: WC 8.1. */
const KEYS = ['cron', 'interval', 'rrule', 'timezone', 'anchor_date', 'active', 'parameters', 'slug', 'replaces', 'day_or']

/** Makes schedules as a file has them into those of a deployment, and checks each. */
export function buildSchedules(given: readonly unknown[], where: string): DeploymentScheduleCreate[] {
  const schedules = given.map((one, index) =>
    buildSchedule(one, given.length > 1 ? `${where}: schedule ${index + 1}` : `${where}: schedule`),
  )
  const slugs = schedules.flatMap(({ slug }) => (slug ? [slug] : []))
  const twice = slugs.find((slug, index) => slugs.indexOf(slug) !== index)
  if (twice) throw wrong(`${where}: two schedules have the slug ${twice}.`)
  return schedules
}

function buildSchedule(given: unknown, where: string): DeploymentScheduleCreate {
  if (!isJsonObject(given)) throw wrong(`${where}: expected cron, interval or rrule, found ${JSON.stringify(given)}.`)
  const unknown = Object.keys(given).find((key) => !KEYS.includes(key))
  if (unknown) throw wrong(`${where}: there is no ${unknown}.${hint(unknown)}`)
  const kinds = ['cron', 'interval', 'rrule'].filter((kind) => given[kind] !== undefined && given[kind] !== null)
  if (kinds.length !== 1)
    throw wrong(`${where}: expected one of cron, interval and rrule, found ${kinds.join(' and ') || 'none'}.`)
  const { active, parameters, slug, replaces } = given
  return {
    schedule: checkSchedule(whenOf(given), where),
    active: active === undefined || active === null ? true : readFlag(active, `${where}: active`),
    ...(isJsonObject(parameters) ? { parameters } : {}),
    ...(typeof slug === 'string' ? { slug } : {}),
    ...(typeof replaces === 'string' ? { replaces } : {}),
  }
}

/** The part that says when. A recurrence may itself be JSON with its zone. */
function whenOf({ cron, interval, rrule, timezone, anchor_date: anchor, day_or: dayOr }: JsonObject): object {
  const zone = timezone === undefined || timezone === null ? {} : { timezone }
  if (cron !== undefined && cron !== null)
    return { cron, ...zone, ...(dayOr == null ? {} : { day_or: readFlag(dayOr, 'day_or') }) }
  if (interval !== undefined && interval !== null)
    return { interval, ...zone, ...(anchor == null ? {} : { anchor_date: anchor }) }
  return { ...(parseRule(rrule) ?? { rrule: rrule! }), ...zone }
}

function parseRule(rrule: JsonValue | undefined): JsonObject | null {
  if (typeof rrule !== 'string' || !rrule.trimStart().startsWith('{')) return null
  try {
    const value: unknown = JSON.parse(rrule)
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}

/** True and false, also as the text that a placeholder left. */
function readFlag(value: JsonValue, where: string): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
  throw wrong(`${where}: expected true or false, found ${JSON.stringify(value)}.`)
}

function hint(key: string): string {
  const nearest = findNearest(key, KEYS)
  return nearest ? ` Did you mean ${nearest}?` : ` Known: ${KEYS.join(', ')}.`
}

function wrong(message: string): CliFailure {
  return new CliFailure(message, EXIT_CODES.usage.code)
}
