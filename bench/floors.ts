import type { Line } from './lines.ts'

/**
 * What a quick run fails on: ratios of that run alone. Each floor lies far below what was ever measured, also on a machine
 * that does other things: it catches what became several times slower, and nothing less.
 */
type Floor = { group: string; what: string; value: string; share: number }

/** Ours against the limit, on each database that was measured. */
const FLOORS: Floor[] = [
  { group: 'runs', what: 'runs, 8 connections', value: 'perSecond', share: 0.1 },
  { group: 'logs', what: 'log lines, 8 connections', value: 'perSecond', share: 0.08 },
  { group: 'queue', what: 'polls, 1 connection: one request', value: 'p50', share: 0.1 },
  { group: 'reads', what: '200 newest of 100,000 runs, 1 connection: one request', value: 'p50', share: 0.1 },
  { group: 'events', what: 'events over one websocket, accepted', value: 'perSecond', share: 0.1 },
  { group: 'start', what: 'second start', value: 'median', share: 0.04 },
  { group: 'memory', what: 'memory at rest', value: 'median', share: 0.2 },
  { group: 'worker', what: 'worker memory at rest', value: 'median', share: 0.2 },
]

/** A pushed start takes at most so much of one that waits for a poll of every few seconds. */
const PUSH = {
  group: 'dispatch',
  pushed: 'created -> command started, worker asking as by default (every 10 s)',
  polled: 'created -> command started, worker without push, asking every 3 s',
  most: 0.5,
}

/** A group with something below its floor, and a sentence on it. */
type BelowFloor = { group: string; sentence: string }

/** What lies below its floor; nothing when all is well. What was not measured is not judged. */
export function findBelowFloors(lines: Line[]): BelowFloor[] {
  const shares = lines.flatMap((line) =>
    FLOORS.filter(({ group, what }) => group === line.group && what === line.what).flatMap(({ value, share }) => {
      const measured = line.products.limit?.ratios[value]
      if (measured === undefined || measured >= share) return []
      return [
        {
          group: line.group,
          sentence: `${line.what} (${line.database}): ${value} is ${percent(measured)} of the limit, less than ${percent(share)}.`,
        },
      ]
    }),
  )
  return [...shares, ...comparePush(lines)]
}

function comparePush(lines: Line[]): BelowFloor[] {
  return lines
    .filter(({ group, what }) => group === PUSH.group && what === PUSH.pushed)
    .flatMap((line) => {
      const pushed = medianOf(line)
      const polled = medianOf(lines.find(({ database, what }) => database === line.database && what === PUSH.polled))
      if (pushed === null || polled === null || pushed <= PUSH.most * polled) return []
      return [
        {
          group: line.group,
          sentence: `${line.what} (${line.database}): ${pushed.toFixed(0)} ms, more than ${percent(PUSH.most)} of the ${polled.toFixed(0)} ms without push.`,
        },
      ]
    })
}

function medianOf(line: Line | undefined): number | null {
  const figure = line?.products.aedile?.figure
  if (figure?.kind !== 'times' || figure.samples.length === 0) return null
  const sorted = [...figure.samples].sort((a, b) => a - b)
  return sorted[Math.ceil(sorted.length / 2) - 1]!
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
