import pg from 'pg'
import { valueParsers } from './value-parsers.ts'

/** A pool of connections that gives up connecting after a while and names itself to the database. */
export function openPool(
  url: string,
  options: {
    connections: number
    connectMilliseconds: number
    statementMilliseconds?: number
    options?: string
    onError(error: unknown): void
  },
): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connections,
    connectionTimeoutMillis: options.connectMilliseconds,
    idleTimeoutMillis: 30_000,
    application_name: 'aedile',
    types: valueParsers,
    keepAlive: true,
    ...(options.options !== undefined && { options: options.options }),
  })
  // An idle connection that breaks says so here; the pool drops it by itself. While it ends, nobody cares.
  pool.on('error', (error) => {
    if (!pool.ending) options.onError(error)
  })
  // A lent connection that breaks between two statements says so here, and would end the process if nobody listened. The
  // next statement fails.
  pool.on('connect', (client) => client.on('error', () => undefined))
  if (options.statementMilliseconds !== undefined) {
    const statement = `set statement_timeout = ${options.statementMilliseconds}`
    pool.on('connect', (client) => void client.query(statement).catch(options.onError))
  }
  return pool
}
