import type { BuildTrace } from '@aedile/core/rendering/build-trace'
import { joinPointer } from '@aedile/core/templates/placeholders'

type Labels = Record<string, string>

const MAX_LENGTH = 63
const MAX_COUNT = 64

/**
 * Labels in the form that Google Cloud allows: lower case, anything but letters, digits, `_` and `-` a dash each, keys from
 * their first letter on, 63 characters. A key of which nothing is left goes.
 */
export function sanitizeLabels(labels: Labels): Labels {
  const sanitized: Labels = {}
  for (const [key, value] of Object.entries(labels)) {
    const name = toLabelKey(key)
    if (name) sanitized[name] = toLabelValue(value)
  }
  return sanitized
}

/** One label's key in that form; may be empty. */
export function toLabelKey(key: string): string {
  return key
    .toLowerCase()
    .replace(/[^a-z0-9_-]/gu, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, MAX_LENGTH)
}

/** One label's value in that form. */
export function toLabelValue(value: string): string {
  return value
    .toLowerCase()
    .replace(/[^a-z0-9_-]/gu, '-')
    .slice(0, MAX_LENGTH)
}

/**
 * Puts a job's labels under those that its body has, which are stronger and never dropped. Where more than 64 come together,
 * the last of the job's own go. `at` is the place of the result, for the trace.
 */
export function mergeLabels(labels: Labels, existing: Labels, at = '', trace?: Pick<BuildTrace, 'copied'>): Labels {
  const sanitized = sanitizeLabels(labels)
  const merged = { ...sanitized, ...existing }
  const own = Object.keys(sanitized).filter((key) => !Object.hasOwn(existing, key))
  const excess = Object.keys(merged).length - MAX_COUNT
  if (excess > 0) for (const key of own.slice(-excess)) delete merged[key]
  if (trace) traceLabels(labels, own, merged, at, trace)
  return merged
}

function traceLabels(labels: Labels, own: string[], merged: Labels, at: string, trace: Pick<BuildTrace, 'copied'>): void {
  for (const key of Object.keys(labels)) {
    const name = toLabelKey(key)
    if (own.includes(name) && Object.hasOwn(merged, name)) trace.copied(joinPointer(at, name), joinPointer('/labels', key))
  }
}
