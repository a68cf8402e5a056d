import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { findPostgres, startPostgres } from '../../scripts/postgres.mjs'

/** A Postgres cluster of our own, and what its databases are called. */
export class PostgresCluster {
  readonly port: number
  readonly #stop: () => void
  #made = 0

  private constructor(port: number, stop: () => void) {
    this.port = port
    this.#stop = stop
  }

  static isInstalled(): boolean {
    return findPostgres() !== null
  }

  /** Starts a cluster in a folder; in the system's own for temporary files when user postgres may not go there. */
  static async start(folder: string): Promise<PostgresCluster> {
    const { port, stop } = await startIn(folder).catch(() => startPostgres({ durable: true }))
    return new PostgresCluster(port, stop)
  }

  createDatabase(): string {
    this.#made++
    const name = `bench_${this.#made}`
    this.query(`create database ${name}`)
    return name
  }

  dropDatabase(name: string): void {
    this.query(`drop database ${name} with (force)`)
  }

  /** The answer to a statement, as text. */
  query(sql: string, database = 'postgres'): string {
    const args = ['-h', '127.0.0.1', '-p', String(this.port), '-U', 'postgres', '-Atqc', sql, database]
    const { status, stdout, stderr } = spawnSync(join(findPostgres()!, 'psql'), args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`psql: ${stderr}`)
    return stdout.trim()
  }

  stop(): void {
    this.#stop()
  }
}

async function startIn(folder: string): ReturnType<typeof startPostgres> {
  const before = process.env.TMPDIR
  process.env.TMPDIR = folder
  try {
    return await startPostgres({ durable: true })
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  }
}
