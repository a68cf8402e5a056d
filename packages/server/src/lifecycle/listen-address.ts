import { isIPv4, isIPv6 } from 'node:net'
import { AedileError } from '@aedile/core/errors'
import type { ServerSettings } from '../settings.ts'

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (bare === 'localhost' || bare === '::1') return true
  if (isIPv6(bare)) return bare.startsWith('::ffff:127.')
  return isIPv4(bare) && bare.startsWith('127.')
}

/** Refuses to be reached by others without authentication, unless told otherwise. */
export function checkListenAddress({
  host,
  authString,
  insecure,
}: Pick<ServerSettings, 'host' | 'authString' | 'insecure'>): void {
  if (isLoopback(host) || authString !== null || insecure) return
  throw new AedileError('listen_refused', { host })
}

/** The URL under which clients of this machine reach a server. */
export function toLocalUrl(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`
}
