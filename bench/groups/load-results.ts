import type { Result } from '../figures.ts'
import type { LoadResult } from '../load/load.ts'

/** From this share of a core on, the load process may be what is slow. */
const BUSY_CLIENT_CORES = 0.9

/** The lines that a load gives: its rate, the time of one request, and what went wrong. */
export function toResults(
  what: string,
  load: LoadResult,
  { unit, per = 1, request = 'one request' }: { unit: string; per?: number; request?: string },
): Result[] {
  return [
    { what, figure: { kind: 'rate', unit, count: load.done * per, seconds: load.seconds } },
    { what: `${what}: ${request}`, figure: { kind: 'times', show: 'quantiles', samples: load.requests } },
    { what: `${what}: errors`, figure: { kind: 'errors', counts: load.errors, tries: load.sent } },
  ]
}

/** One line on a load that has ended, for the progress. */
export function describeLoad(what: string, load: LoadResult, unit: string, per = 1): string {
  const errors = Object.entries(load.errors).map(([name, count]) => `${count} x ${name}`)
  return [
    `${what}: ${((load.done * per) / load.seconds).toFixed(1)} ${unit}/s`,
    `load process ${load.clientCores.toFixed(2)} cores${load.clientCores > BUSY_CLIENT_CORES ? ' (it is the limit)' : ''}`,
    ...(errors.length > 0 ? [`errors: ${errors.join(', ')}`] : []),
  ].join(', ')
}
