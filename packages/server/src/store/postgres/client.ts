import pg from 'pg'
import type { DatabaseUrl } from '../database-url.ts'
import { toOpeningTrouble } from './errors.ts'
import { valueParsers } from './value-parsers.ts'

/** Opens one connection for a task of maintenance, and closes it after. */
export async function withPostgres<T>(
  { url, name }: DatabaseUrl & { kind: 'postgres' },
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: 'aedile',
    types: valueParsers,
  })
  // The statement in flight, or the next one, fails with it; without a listener it would end the process.
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await use(client)
  } catch (error) {
    throw toOpeningTrouble(error, name)
  } finally {
    await client.end().catch(() => undefined)
  }
}
