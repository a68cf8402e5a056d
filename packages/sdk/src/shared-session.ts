import { join } from 'node:path'
import { ATTEMPT_VARIABLE } from '@aedile/core/attempts/environment'
import { ATTEMPT_HEADER } from '@aedile/core/client/attempt-header'
import { clientSettings } from '@aedile/core/settings/client'
import { hostSettings } from '@aedile/core/settings/host'
import { readSources } from '@aedile/core/settings/node'
import { readSettings } from '@aedile/core/settings/read'
import { openSession, type Session, type SessionSettings } from './session.ts'
import { sdkSettings } from './settings.ts'

let shared: Promise<Session> | null = null

/** The session of this process, opened at the first call of a flow or task. A failure to open it is not kept. */
export function sharedSession(): Promise<Session> {
  shared ??= openSharedSession()
  return shared
}

async function openSharedSession(): Promise<Session> {
  try {
    return await openSession(readSessionSettings())
  } catch (error) {
    shared = null
    throw error
  }
}

/** Reads environment and profile: the one place of this package that reads settings. */
export function readSessionSettings(): SessionSettings {
  const sources = readSources()
  const client = readSettings(clientSettings, sources)
  const { resultsPath } = readSettings(hostSettings, sources)
  const sdk = readSettings(sdkSettings, sources)
  const { fence, customHeaders } = takeFence(client.customHeaders)
  const attempt = sources.environment[ATTEMPT_VARIABLE] ?? fence
  return {
    ...client,
    ...sdk,
    consoleLogs: sdk.consoleLogs ?? (attempt === null || !client.logsToApi),
    customHeaders,
    resultsFolder: resultsPath ?? join(sources.home, 'storage'),
    attempt,
  }
}

/**
 * The fence header comes as a custom header, which genuine clients send with everything. Ours sends it only for the run
 * that the attempt is of: a subflow's run has no attempt.
 */
function takeFence(headers: Record<string, string>): { fence: string | null; customHeaders: Record<string, string> } {
  const isFence = (name: string) => name.toLowerCase() === ATTEMPT_HEADER
  const fence = Object.entries(headers).find(([name]) => isFence(name))?.[1] ?? null
  return { fence, customHeaders: Object.fromEntries(Object.entries(headers).filter(([name]) => !isFence(name))) }
}
