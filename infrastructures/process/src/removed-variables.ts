import type { Job } from '@aedile/core/infrastructure-definition'

/**
 * What a job's `env` sets to null. A genuine worker's configuration loses it: there the worker's own variable of that name
 * stays. The process itself shall not get it, so it is kept beside the prepared job, which equals the genuine one.
 */
const REMOVED = new WeakMap<Job, readonly string[]>()

/** Keeps which variables a job removes. */
export function keepRemoved(prepared: Job, env: Job['env'] | undefined): Job {
  const names = Object.entries(env ?? {}).flatMap(([name, value]) => (value === null ? [name] : []))
  if (names.length > 0) REMOVED.set(prepared, names)
  return prepared
}

/** The variables that a prepared job removes. */
export function removedBy(prepared: Job): readonly string[] {
  return REMOVED.get(prepared) ?? []
}
