import type { Job } from '@aedile/core/infrastructure-definition'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { setEntry } from '@aedile/core/python-text'
import { illTyped } from '@aedile/core/templates/field-values'
import { type Environment, type EnvironmentEntry, secretIllTyped } from './job.ts'
import { CONTAINER } from './manifest.ts'
import type { PreparationTrace } from './preparation-trace.ts'

/** The environment of a job in preparation: a mapping, or a list once it refers to values. */
export type JobEnvironment = Environment

/** A job's environment, cut into values and references (`valueFrom`). */
export type OpenedEnvironment = { values: Record<string, string | null>; references: EnvironmentEntry[] }

const SIGTERM_BEHAVIOUR = 'PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR'

/** Cuts an environment apart. A list may hold what a mapping cannot: entries with `valueFrom`. */
export function openEnvironment(env: Environment): OpenedEnvironment {
  if (!Array.isArray(env)) return { values: env, references: [] }
  const values: JsonObject = {}
  const references: EnvironmentEntry[] = []
  env.forEach((entry, index) => {
    if (!isJsonObject(entry)) throw secretIllTyped(`/env/${index}`, 'a variable (a mapping)', entry)
    if (Object.hasOwn(entry, 'valueFrom')) references.push(entry)
    if (Object.hasOwn(entry, 'name') && Object.hasOwn(entry, 'value')) setEntry(values, nameOf(entry, index), entry.value!)
  })
  return { values: values as OpenedEnvironment['values'], references }
}

function nameOf(entry: EnvironmentEntry, index: number): string {
  if (typeof entry.name === 'string') return entry.name
  throw illTyped(`/env/${index}/name`, 'text', entry.name)
}

/** Puts references back: with them the environment is a list again. */
export function restoreReferences(env: Job['env'], { references }: OpenedEnvironment): JobEnvironment {
  return references.length === 0 ? env : [...collectEntries(env), ...references]
}

/**
 * Says what the run does when its pod is evicted. Where Kubernetes starts no pod again, the run is scheduled again unless
 * the user wants otherwise; where it does, the run is left to it whatever the user wants. Source: INF C.2.
 */
export function setEvictionBehaviour(
  env: JobEnvironment,
  backoffLimit: JsonValue | undefined,
  told: PreparationTrace | null,
): JobEnvironment {
  // In Python false equals 0.
  const isOnce = backoffLimit === 0 || backoffLimit === false
  const value = isOnce ? 'reschedule' : 'relinquish'
  if (!Array.isArray(env)) {
    if (isOnce && env[SIGTERM_BEHAVIOUR]) return env
    told?.added(`/env/${SIGTERM_BEHAVIOUR}`, 'type', `/env/${SIGTERM_BEHAVIOUR}`)
    return { ...env, [SIGTERM_BEHAVIOUR]: value }
  }
  const isSet = env.some(({ name }) => name === SIGTERM_BEHAVIOUR)
  if (isOnce && isSet) return env
  told?.added(`/env/${SIGTERM_BEHAVIOUR}`, 'type', `/env/${SIGTERM_BEHAVIOUR}`)
  return [...env.filter(({ name }) => name !== SIGTERM_BEHAVIOUR), { name: SIGTERM_BEHAVIOUR, value }]
}

/** An environment as a container has it. */
export function collectEntries(env: JobEnvironment): EnvironmentEntry[] {
  if (Array.isArray(env)) return env
  const entries: EnvironmentEntry[] = []
  for (const name of Object.keys(env)) entries.push({ name, value: env[name]! })
  return entries
}

/** The container's environment: the job's, then what a list in the manifest has beside it. */
export function mergeManifestEnvironment(
  entries: EnvironmentEntry[],
  given: JsonValue | undefined,
  told: PreparationTrace | null,
): JsonValue[] {
  if (told) for (const [index, entry] of entries.entries()) told.entry(index, entry)
  if (!Array.isArray(given)) return entries
  const names = new Set(
    entries.map(({ name }, index) => {
      if (name === undefined) throw illTyped(`/env/${index}/name`, 'text', name)
      return name
    }),
  )
  const merged: JsonValue[] = [...entries]
  given.forEach((entry, index) => {
    if (!isJsonObject(entry)) throw secretIllTyped(`${CONTAINER}/env/${index}`, 'a variable (a mapping)', entry)
    if (names.has(entry.name ?? null)) return
    told?.copied(`${CONTAINER}/env/${merged.length}`, `${CONTAINER}/env/${index}`)
    merged.push(entry)
  })
  return merged
}
