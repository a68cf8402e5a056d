import type { AttemptContext } from '../infrastructure-definition.ts'
import { isJsonObject, type JsonObject } from '../json.ts'

/** The variable by which everything that an attempt started can be told from everything else. */
export const ATTEMPT_VARIABLE = 'AEDILE_ATTEMPT'
const HEADERS_VARIABLE = 'PREFECT_CLIENT_CUSTOM_HEADERS'
/** The variables that `addAttemptEnvironment` sets. */
export const ADDED_VARIABLES = [HEADERS_VARIABLE, ATTEMPT_VARIABLE]
const FENCE_HEADER = 'X-Aedile-Attempt'

/**
 * The environment of a job with our additions: the attempt key, and the fence header in the setting that genuine
 * clients send headers from. Headers that the user set stay; a value that is no JSON object is left for the child to
 * complain about.
 */
export function addAttemptEnvironment(env: Record<string, string>, attempt: AttemptContext): Record<string, string> {
  const headers = attempt.fenced === false ? null : parseHeaders(env[HEADERS_VARIABLE])
  return {
    ...env,
    ...(headers ? { [HEADERS_VARIABLE]: JSON.stringify({ ...headers, [FENCE_HEADER]: attempt.key }) } : {}),
    [ATTEMPT_VARIABLE]: attempt.key,
  }
}

/**
 * The same for an environment in Kubernetes' form, a list of entries with a name and `value` or `valueFrom`. Headers that
 * only the cluster can read stay as they are.
 */
export function addAttemptEntries(entries: readonly JsonObject[], attempt: AttemptContext): JsonObject[] {
  const headers = entries.findLast(({ name }) => name === HEADERS_VARIABLE)
  const own: Record<string, string> = typeof headers?.value === 'string' ? { [HEADERS_VARIABLE]: headers.value } : {}
  const added = new Map(Object.entries(addAttemptEnvironment(own, attempt)))
  if (headers && 'valueFrom' in headers) added.delete(HEADERS_VARIABLE)
  const kept = entries.filter(({ name }) => typeof name !== 'string' || !added.has(name))
  return [...kept, ...[...added].map(([name, value]) => ({ name, value }))]
}

function parseHeaders(text: string | undefined): Record<string, unknown> | null {
  if (!text?.trim()) return {}
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? withoutFence(value) : null
  } catch {
    return null
  }
}

/** A worker that itself runs in an attempt hands its own fence down; only the child's counts. */
function withoutFence(headers: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== FENCE_HEADER.toLowerCase()))
}
