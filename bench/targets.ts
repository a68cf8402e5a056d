import type { Database } from './products/product.ts'

/** What a value of a line must be: below, at least, or so many times what the best of a genuine server's lines of the group is. */
export type Goal =
  | { value: string; below: number }
  | { value: string; least: number }
  | { value: string; timesGenuine: number }
  /** Nothing may have gone wrong. */
  | { value: 'errors'; below: 1 }

/** What the lines of a name must be; a name that ends with `*` stands for all that begin so. */
export type Target = { group: string; what: string; databases: Database[]; goals: Goal[] }

const BOTH: Database[] = ['sqlite', 'postgres']
const p50 = (below: number): Goal => ({ value: 'p50', below })
const p95 = (below: number): Goal => ({ value: 'p95', below })
const p99 = (below: number): Goal => ({ value: 'p99', below })
const median = (below: number): Goal => ({ value: 'median', below })
const least = (perSecond: number): Goal => ({ value: 'perSecond', least: perSecond })
const times = (timesGenuine: number): Goal => ({ value: 'perSecond', timesGenuine })
const clean: Goal = { value: 'errors', below: 1 }

function target(group: string, what: string, databases: Database[], ...goals: Goal[]): Target {
  return { group, what, databases, goals }
}

/** The rows of the table that have a target; memory in MiB, times in milliseconds. */
export const TARGETS: Target[] = [
  target('runs', 'runs, 8 connections', ['sqlite'], least(1200), times(50)),
  target('runs', 'runs, 32 connections: one request', BOTH, p99(60)),
  target('runs', 'runs, 32 connections: errors', BOTH, clean),
  target('runs', 'runs, 8 connections', ['postgres'], least(700), times(25)),
  target('runs', 'runs, 8 connections: one request', ['postgres'], p99(60)),
  target('runs', 'runs, 32 connections', ['postgres'], least(700), times(25)),
  target('logs', 'log lines, 8 connections', ['sqlite'], least(60_000), times(20)),
  target('logs', 'log lines, 8 connections', ['postgres'], least(50_000), times(20)),
  target('queue', 'polls, 1 connection: one request', BOTH, p50(4)),
  target('queue', 'polls, 8 connections: one request', BOTH, p50(20)),
  target('reads', '200 newest of 100,000 runs, 1 connection: one request', ['sqlite'], p50(6), p95(20)),
  target('reads', '200 newest of 1,000,000 runs, 1 connection: one request', ['sqlite'], p95(40)),
  target('events', 'events over one websocket, accepted', BOTH, least(20_000)),
  target('events', '5,000 events over a websocket: readable', BOTH, median(1000)),
  target('start', 'first start, new database', ['sqlite'], median(1000)),
  target('start', 'second start', ['sqlite'], median(500)),
  target('memory', 'memory at rest', ['sqlite'], median(120)),
  target('memory', 'memory after 10,000 runs', ['sqlite'], median(200)),
  target('memory', 'processor at rest*', ['sqlite'], median(0.3)),
  target('cli', '`--help`', ['sqlite'], median(80)),
  target('cli', '`work-pool ls`', ['sqlite'], median(200)),
  target('worker', 'worker memory at rest', ['sqlite'], median(80)),
  target('worker', 'worker memory after 100 runs', ['sqlite'], median(100)),
  target('worker', 'requests of an idle worker*', ['sqlite'], median(1)),
  target('dispatch', 'created -> command started, worker asking as by default (every 10 s)', BOTH, p50(30), p95(80)),
  target('first-line', 'created -> first line of a TypeScript flow', BOTH, p50(250), p95(400)),
  target('burst', 'burst of 50 commands, worker asking as by default (every 10 s): all Completed', BOTH, median(1500)),
  target(
    'burst',
    'burst of 50 commands, worker asking as by default (every 10 s): last state other than Completed, errors',
    BOTH,
    clean,
  ),
  target('flow-burst', 'burst of 50 TypeScript flows: all Completed', BOTH, median(8000)),
  target('flow-burst', "burst of 50 TypeScript flows: most memory of the worker's tree", BOTH, median(1024)),
  target('flow-burst', 'burst of 50 TypeScript flows: last state other than Completed, errors', BOTH, clean),
]

/** The goals of a line; none for most. */
export function goalsOf(line: { group: string; database: Database; what: string }): Goal[] {
  const found = TARGETS.find(
    ({ group, what, databases }) =>
      group === line.group &&
      databases.includes(line.database) &&
      (what.endsWith('*') ? line.what.startsWith(what.slice(0, -1)) : what === line.what),
  )
  return found?.goals ?? []
}
