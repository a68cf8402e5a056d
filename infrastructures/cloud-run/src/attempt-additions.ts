import { ADDED_VARIABLES, addAttemptEnvironment } from '@aedile/core/attempts/environment'
import type { AttemptContext, Job } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { BuildTrace } from '@aedile/core/rendering/build-trace'
import { PREVIEW_ATTEMPT, PREVIEW_SERVER } from '@aedile/core/rendering/preview-words'
import { joinPointer } from '@aedile/core/templates/placeholders'
import { sanitizeLabels, toLabelValue } from './labels.ts'

/** The labels by which what an attempt made is found and told from what others made. */
export const ATTEMPT_LABEL = 'aedile-io-attempt'
/** Which server the attempt belongs to; an id that is a URL is cut to what a label may hold. */
export const SERVER_LABEL = 'aedile-io-server'

const MAX_LABELS = 64

/** Labels of a body with ours. Where that makes more than 64, the last of the job's own go, never those that the body had. */
export function addAttemptLabels(
  labels: JsonObject,
  job: Job,
  attempt: AttemptContext,
  at: string,
  trace?: BuildTrace,
): JsonObject {
  const added = {
    ...labels,
    [ATTEMPT_LABEL]: attempt.key === PREVIEW_ATTEMPT ? attempt.key : toLabelValue(attempt.key),
    [SERVER_LABEL]: attempt.server === PREVIEW_SERVER ? attempt.server : toLabelValue(attempt.server),
  }
  const own = Object.entries(sanitizeLabels(job.labels)).filter(([key, value]) => labels[key] === value)
  const excess = Object.keys(added).length - MAX_LABELS
  if (excess > 0) for (const [key] of own.slice(-excess)) delete (added as JsonObject)[key]
  trace?.added(joinPointer(at, ATTEMPT_LABEL), 'attempt', '/key')
  trace?.added(joinPointer(at, SERVER_LABEL), 'attempt', '/server')
  return added
}

/**
 * The environment of a container with the attempt key and the fence, by the rule that all types share. The last entry of a
 * name counts; one that refers to a secret is left as it is.
 */
export function addAttemptEntries(entries: JsonObject[], attempt: AttemptContext, at: string, trace?: BuildTrace): JsonObject[] {
  const added = entries.map((entry) => ({ ...entry }))
  const known = ADDED_VARIABLES.map((name) => [name, added.findLastIndex((entry) => entry.name === name)] as const)
  const plain = known.flatMap(([name, index]) => {
    const value = added[index]?.value
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  const environment = addAttemptEnvironment(Object.fromEntries(plain), attempt)
  for (const [name, index] of known) {
    const entry = added[index]
    const value = environment[name]
    if (value === undefined || (entry && !isPlain(entry))) continue
    if (entry) entry.value = value
    else added.push({ name, value })
    const place = joinPointer(at, entry ? index : added.length - 1)
    if (!entry) trace?.added(`${place}/name`, 'attempt', '/key')
    trace?.added(`${place}/value`, 'attempt', '/key')
  }
  return added
}

/** An entry without a value is an empty text; one with another key than these refers to something. */
function isPlain(entry: JsonObject): boolean {
  return Object.keys(entry).every((key) => key === 'name' || key === 'value')
}

/** What the attempt key puts at the end of a name: all its hexadecimal digits, or the last of them, which are random. */
export function nameSuffix({ key }: AttemptContext, digits?: number): string {
  if (key === PREVIEW_ATTEMPT) return key
  const hex = key.replaceAll('-', '').toLowerCase()
  return digits === undefined ? hex : hex.slice(-digits)
}
