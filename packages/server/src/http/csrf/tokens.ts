import { randomBytes, randomUUID } from 'node:crypto'
import { formatTimestamp, MICROSECONDS_PER_SECOND, nowMicroseconds } from '@aedile/core/time'
import type { FastifyInstance } from 'fastify'
import type { CsrfTokenTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { isSameSecret } from '../authentication.ts'
import { HttpError } from '../route.ts'

const WRITING_METHODS = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** Refuses requests that write without a valid token. Source: WC 0.3. */
export function addCsrfProtection(app: FastifyInstance, workspace: Workspace): void {
  if (!workspace.settings.csrfProtection) return
  app.addHook('onRequest', async (request) => {
    if (!WRITING_METHODS.has(request.method)) return
    const token = request.headers['prefect-csrf-token']
    const client = request.headers['prefect-csrf-client']
    if (typeof token !== 'string') throw new HttpError(403, 'Missing CSRF token.')
    if (typeof client !== 'string') throw new HttpError(403, 'Missing client identifier.')
    const row = await workspace.store.db.selectFrom('csrf_token').selectAll().where('client', '=', client).executeTakeFirst()
    if (!row || row.expiration < nowMicroseconds() || !isSameSecret(token, row.token)) {
      throw new HttpError(403, 'Invalid CSRF token or client identifier.', { 'access-control-allow-origin': '*' })
    }
  })
}

/** Makes a token for a client, in place of its former one, and removes the expired ones. */
export async function issueToken(workspace: Workspace, client: string): Promise<Record<string, unknown>> {
  const now = nowMicroseconds()
  const row: CsrfTokenTable = {
    id: randomUUID(),
    created: now,
    updated: now,
    client,
    token: randomBytes(32).toString('hex'),
    expiration: now + workspace.settings.csrfTokenSeconds * MICROSECONDS_PER_SECOND,
  }
  await workspace.store.write(async ({ db }) => {
    await db.deleteFrom('csrf_token').where('client', '=', client).execute()
    await db.deleteFrom('csrf_token').where('expiration', '<', now).execute()
    await db.insertInto('csrf_token').values(row).execute()
  })
  return {
    id: row.id,
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
    token: row.token,
    client: row.client,
    expiration: formatTimestamp(row.expiration),
  }
}
