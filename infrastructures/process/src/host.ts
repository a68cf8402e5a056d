import type { Handle } from '@aedile/core/infrastructure-definition'
import type { HostFacts } from './api.ts'

/** What a handle's target is to this host. */
export type Nearness =
  | 'here'
  /** This host before it was last started: its processes are gone for certain. */
  | 'before'
  /** Another host, or another process namespace of this one: nothing can be said from here. */
  | 'elsewhere'

/** The id of this host as a target: pids mean something on one host, in one namespace, since one boot. */
export function targetId({ host, boot, namespace }: HostFacts): string {
  return `process:${host}:${boot}:${namespace}`
}

export function nearnessOf(handle: Handle, here: HostFacts): Nearness {
  if (handle.target === targetId(here)) return 'here'
  const [type, host, boot] = handle.target.split(':')
  return type === 'process' && host === here.host && boot !== here.boot ? 'before' : 'elsewhere'
}
