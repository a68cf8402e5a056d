import { spawnSync } from 'node:child_process'
import { statfsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { defaultServerSettings } from '@aedile/server/settings'
import type { Product } from './products/product.ts'
import type { PostgresCluster } from './stage/postgres.ts'

/** What a figure means nothing without: machine, versions, databases with their durability, date. */
export type Head = Record<string, string>

/** Reads the head of the table. */
export function readHead(options: {
  root: string
  products: Product[]
  cluster: PostgresCluster | null
  measures: string
  rounds: number
}): Head {
  const { root, products, cluster } = options
  return {
    Date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    Machine: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores, ${gibibytes(totalmem())} GiB, ${process.platform} ${release()}`,
    'Load before': loadavg()[0]!.toFixed(2),
    Versions: [`Node ${process.versions.node}`, ...products.map(({ title, version }) => `${title} ${version}`)].join(', '),
    SQLite: `${readSqliteVersion(root)}; Aedile: write-ahead log, synchronous=${defaultServerSettings.synchronous}; files on ${fileSystemOf(root)}`,
    Postgres: cluster === null ? 'not installed: skipped' : describePostgres(cluster),
    Configuration: 'default, on loopback; the load comes from a process of its own on the same cores',
    Measured: `${options.measures}, ${options.rounds} ${options.rounds === 1 ? 'round' : 'rounds'}; n beside each figure`,
  }
}

function describePostgres(cluster: PostgresCluster): string {
  const settings = ['fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_connections']
  const values = settings.map((name) => `${name}=${cluster.query(`show ${name}`)}`)
  return `${cluster.query('show server_version')}; ${values.join(', ')}; files on ${fileSystemOf(cluster.query('show data_directory'))}`
}

/** The SQLite that the server's own driver brings. */
function readSqliteVersion(root: string): string {
  type Sqlite = new (path: string) => { prepare(sql: string): { pluck(): { get(): string } }; close(): void }
  const open = createRequire(join(root, 'packages', 'server', 'package.json'))('better-sqlite3') as Sqlite
  const database = new open(':memory:')
  const version = database.prepare('select sqlite_version()').pluck().get()
  database.close()
  return version
}

/** The type of the file system that a path lies on: on one in memory, durability costs nothing. */
function fileSystemOf(path: string): string {
  const { stdout } = spawnSync('stat', ['-f', '-c', '%T', path], { encoding: 'utf8' })
  return stdout?.trim() || `type ${statfsSync(path).type.toString(16)}`
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(0)
}
