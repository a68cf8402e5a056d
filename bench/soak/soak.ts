import { existsSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../figures.ts'
import { runLoad } from '../load/run-load.ts'
import type { Database, Place } from '../products/product.ts'
import { type OpenDatabase, openDatabase } from '../stage/database.ts'
import { readUsage } from '../stage/process-tree.ts'
import type { RunningServer, Stage } from '../stage/stage.ts'

const CONNECTIONS = 8
const PROBE_SECONDS = 15
const PROBE_WARM_UP_SECONDS = 5
const SHARE_OF_BEST = 0.5
/** Runs are kept for this share of the soak, so that for most of it retention deletes what was made before. */
const KEPT_SHARE = 1 / 6
const RETENTION_INTERVAL_SECONDS = 15
const READ_MEMORY_SECONDS = 2

/** What one minute gave. Times in milliseconds, memory and file in MiB; errors by name. */
export type Minute = {
  minute: number
  perSecond: number
  p50: number
  p95: number
  p99: number
  errors: Record<string, number>
  serverCores: number
  memory: number
  mostMemory: number
  databaseMebibytes: number
  rows: Record<string, number>
}
export type SoakReport = {
  database: Database
  minutes: Minute[]
  /** Runs a second that were asked for, and what was measured before; null: nothing was. */
  rate: number
  best: number | null
  keptMinutes: number
}

/** Runs at half the best rate for many minutes, while retention deletes the old ones: does anything grow that should not? */
export async function soak(
  stage: Stage,
  { minutes, rate: asked, tell }: { minutes: number; rate: number | null; tell: (text: string) => void },
): Promise<SoakReport> {
  const best = asked === null ? await findBest(stage, tell) : null
  const rate = asked ?? Math.round(best! * SHARE_OF_BEST)
  const keptMinutes = Math.max(1, minutes * KEPT_SHARE)
  tell(`soak on ${stage.database}: ${minutes} minutes, ${rate} runs/s, kept for ${keptMinutes.toFixed(1)} minutes`)
  const server = await stage.startServer(undefined, retention(keptMinutes))
  const flowId = await createFlow(stage, server)
  const database = openDatabase(stage, server.place, bulkOf(stage, server.place))
  const done: Minute[] = []
  try {
    for (let minute = 1; minute <= Math.ceil(minutes); minute++) {
      const measured = await measureMinute(stage, server, { flowId, rate, database, minute })
      done.push(measured)
      tell(JSON.stringify(measured))
    }
  } finally {
    database.close()
  }
  await server.child.stop()
  return { database: stage.database, minutes: done, rate, best, keptMinutes }
}

async function findBest(stage: Stage, tell: (text: string) => void): Promise<number> {
  const server = await stage.startServer()
  const work = { name: 'runs' as const, flowId: await createFlow(stage, server) }
  const load = await runLoad({
    apiUrl: server.apiUrl,
    work,
    connections: CONNECTIONS,
    warmUpSeconds: PROBE_WARM_UP_SECONDS,
    seconds: PROBE_SECONDS,
  })
  await server.child.stop()
  tell(`best rate: ${(load.done / load.seconds).toFixed(0)} runs/s with ${CONNECTIONS} connections`)
  return load.done / load.seconds
}

type MinuteOf = { flowId: string; rate: number; database: OpenDatabase; minute: number }

async function measureMinute(
  stage: Stage,
  { child, apiUrl, place }: RunningServer,
  { flowId, rate, database, minute }: MinuteOf,
): Promise<Minute> {
  const before = readUsage(child.pid)
  const stop = new AbortController()
  const most = watchMemory(child.pid, stop.signal)
  const load = await runLoad({
    apiUrl,
    work: { name: 'runs', flowId },
    connections: CONNECTIONS,
    warmUpSeconds: 0,
    seconds: 60,
    perSecond: rate,
  }).finally(() => stop.abort())
  child.mustRun()
  const after = readUsage(child.pid)
  return {
    minute,
    perSecond: load.done / load.seconds,
    p50: quantile(load.requests, 0.5),
    p95: quantile(load.requests, 0.95),
    p99: quantile(load.requests, 0.99),
    errors: load.errors,
    serverCores: (after.cpuSeconds - before.cpuSeconds) / load.seconds,
    memory: after.residentMebibytes,
    mostMemory: Math.max(await most, after.residentMebibytes),
    databaseMebibytes: sizeOf(stage, place, database),
    rows: countRows(database),
  }
}

async function watchMemory(pid: number, signal: AbortSignal): Promise<number> {
  let most = 0
  while (!signal.aborted) {
    most = Math.max(most, readUsage(pid).residentMebibytes)
    await sleep(READ_MEMORY_SECONDS * 1000, undefined, { signal }).catch(() => undefined)
  }
  return most
}

function retention(minutes: number): Record<string, string> {
  const days = String(minutes / 1440)
  return {
    AEDILE_RUN_RETENTION_DAYS: days,
    AEDILE_EVENT_RETENTION_DAYS: days,
    AEDILE_LOG_RETENTION_DAYS: days,
    AEDILE_AUDIT_RETENTION_DAYS: days,
    AEDILE_SERVICES_RETENTION_INTERVAL_SECONDS: String(RETENTION_INTERVAL_SECONDS),
  }
}

async function createFlow(stage: Stage, { apiUrl }: RunningServer): Promise<string> {
  return (await stage.connect(apiUrl).expect<{ id: string }>('POST', '/flows/', { name: 'soak' })).id
}

function countRows(database: OpenDatabase): Record<string, number> {
  return Object.fromEntries(
    ['flow_run', 'flow_run_state', 'event'].map((table) => [table, Number(database.sql(`select count(*) from ${table}`)[0])]),
  )
}

/** On SQLite with the journals of both files, which hold what is not written back yet. */
function sizeOf(stage: Stage, place: Place, database: OpenDatabase): number {
  if (place.postgres !== null) return Number(database.sql('select pg_database_size(current_database())')[0]) / 2 ** 20
  const files = [stage.product.databaseFile(place), ...Object.values(bulkOf(stage, place))]
  const bytes = files
    .flatMap((file) => [file, `${file}-wal`])
    .map((file) => (existsSync(file) ? statSync(file).size : 0))
    .reduce((sum, size) => sum + size, 0)
  return bytes / 2 ** 20
}

function bulkOf(stage: Stage, place: Place): Record<string, string> {
  return place.postgres === null ? { bulk: stage.product.databaseFile(place).replace(/\.db$/, '-bulk.db') } : {}
}
