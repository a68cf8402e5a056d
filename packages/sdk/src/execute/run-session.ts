import type { ApiClient } from '@aedile/core/client/client'
import { AedileError } from '@aedile/core/errors'
import { openSession, type Session } from '../session.ts'
import { readSessionSettings } from '../shared-session.ts'

/** The session of an executed run: without a server there is no run to execute. */
export async function createSessionForRun(): Promise<Session & { client: ApiClient }> {
  const settings = readSessionSettings()
  if (settings.apiUrl === null) throw new AedileError('api_url_missing', { what: 'Executing a flow run' })
  const session = await openSession(settings, { serverRequired: true })
  return { ...session, client: session.client! }
}
