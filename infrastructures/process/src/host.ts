import { createHash } from 'node:crypto'
import type { Handle } from '@aedile/core/infrastructure-definition'
import type { HostFacts } from './api.ts'

/** What a handle's target is to this host. */
export type Nearness =
  | 'here'
  /** This host before it was last started: its processes are gone for certain. */
  | 'before'
  /** Another host, or another process namespace or state directory of this one: nothing can be said from here. */
  | 'elsewhere'

/** This host and one state directory on it. */
export type Place = HostFacts & { stateDirectory: string }

/**
 * The id of a place as a target: pids mean something on one host, in one namespace, since one boot, and the files of an
 * attempt are in one state directory. A worker with another one would find nothing, and start it a second time.
 */
export function targetId({ host, boot, namespace, stateDirectory }: Place): string {
  const directory = createHash('sha256').update(stateDirectory).digest('hex').slice(0, 12)
  return `process:${host}:${boot}:${namespace}:${directory}`
}

export function nearnessOf(handle: Handle, here: Place): Nearness {
  if (handle.target === targetId(here)) return 'here'
  const [type, host, boot] = handle.target.split(':')
  return type === 'process' && host === here.host && boot !== here.boot ? 'before' : 'elsewhere'
}
