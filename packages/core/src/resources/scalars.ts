import { z } from 'zod'
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { formatTimestamp, parseTimestamp } from '../time.ts'

const CANONICAL_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** A UUID in any spelling that the API takes; kept in lower case with dashes. */
export const uuid = z
  .string()
  .regex(/^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$/, {
    message: 'Input should be a valid UUID',
  })
  .transform((text) => {
    if (CANONICAL_UUID.test(text)) return text
    const hex = text.replaceAll('-', '').toLowerCase()
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  })

/** A job variable that its pool does not know. Ours: genuine servers accept it in silence, and genuine clients ignore this. */
export const unknownVariable = z.object({ pointer: z.string(), message: z.string(), nearest: z.string().nullable() })

/** A point in time on the wire. Input: ISO 8601 or an epoch number. Output: `2025-01-01T00:00:00.123000Z`. */
export const timestamp = z.union([z.string(), z.number()]).transform((value, context): string => {
  const time = parseTimestamp(value)
  if (time === null) {
    context.addIssue({ code: 'custom', message: 'Input should be a valid datetime: ISO 8601 text or seconds since 1970' })
    return z.NEVER
  }
  return formatTimestamp(time)
})

const ISO_DURATION =
  /^([+-])?P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/
const CLOCK_DURATION = /^([+-])?(?:(\d+) days?,? )?(\d+):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/

/** Reads a duration: a number of seconds, ISO 8601 (`PT1M`) or `HH:MM:SS`. Returns seconds, or null. */
export function parseDurationSeconds(value: unknown): number | null {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value !== 'string') return null
  if (/^[+-]?\d+(\.\d+)?$/.test(value)) return Number(value)
  const iso = ISO_DURATION.exec(value)
  if (iso && value.length > 2) {
    const [, sign, weeks, days, hours, minutes, seconds] = iso
    const total =
      Number(weeks ?? 0) * 604800 +
      Number(days ?? 0) * 86400 +
      Number(hours ?? 0) * 3600 +
      Number(minutes ?? 0) * 60 +
      Number(seconds ?? 0)
    return sign === '-' ? -total : total
  }
  const clock = CLOCK_DURATION.exec(value)
  if (!clock) return null
  const [, sign, days, hours, minutes, seconds] = clock
  const total = Number(days ?? 0) * 86400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0)
  return sign === '-' ? -total : total
}

/** A duration on the wire; a JSON number of seconds in responses. */
export const durationSeconds = z.union([z.number(), z.string()]).transform((value, context): number => {
  const seconds = parseDurationSeconds(value)
  if (seconds === null) {
    context.addIssue({ code: 'custom', message: 'Input should be a valid timedelta: seconds, ISO 8601 or HH:MM:SS' })
    return z.NEVER
  }
  return seconds
})

/** Any JSON value; keys keep their spelling and order. */
export const json: z.ZodType<JsonValue> = z.any()

/** A JSON object whose keys belong to the user. */
export const jsonObject: z.ZodType<JsonObject> = z
  .unknown()
  .check((context) => {
    if (isJsonObject(context.value)) return
    const message = 'Input should be a valid dictionary'
    context.issues.push({ code: 'invalid_type', expected: 'record', input: context.value, message })
  })
  // Not a record: that copies key by key, and leaves out `__proto__`.
  .meta({ type: 'object', additionalProperties: {} }) as z.ZodType<unknown> as z.ZodType<JsonObject>

/** Labels of a resource: text, number or boolean by key. */
export const keyValueLabels = z.record(z.string(), z.union([z.boolean(), z.number(), z.string()]))

/** Names of flows, deployments, pools, queues and limits: no `/ % & > <`. */
export const name = z
  .string()
  .min(1, { message: 'String should have at least 1 character' })
  .regex(/^[^/%&><]+$/, {
    message: 'Name contains an invalid character. Must not contain any of: /, %, &, >, <.',
  })

/** Names of block documents, slugs of block types, keys of artifacts. */
export const slug = z.string().regex(/^[a-z0-9-]+$/, {
  message: 'must only contain lowercase letters, numbers, and dashes.',
})

/** Names of variables. */
export const variableName = z
  .string()
  .max(255)
  .regex(/^[a-z0-9_-]+$/, {
    message: 'must only contain lowercase letters, numbers, and dashes or underscores.',
  })

/** The three columns that every stored object has. */
export const stored = { id: uuid, created: timestamp, updated: timestamp }

export const tags = z.array(z.string())
export const nullable = <T extends z.ZodType>(schema: T) => schema.nullable().default(null as never)
