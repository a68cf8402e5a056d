import { homedir } from 'node:os'
import { join } from 'node:path'
import { clientSettings } from '@aedile/core/settings/client'
import { hostSettings } from '@aedile/core/settings/host'
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

/** Reads environment and profile: the one place of this package that does, besides the executor's and runner's mains. */
export function readSessionSettings(): SessionSettings {
  const sources = { environment: process.env }
  const host = readSettings(hostSettings, sources)
  return {
    ...readSettings(clientSettings, sources),
    ...readSettings(sdkSettings, sources),
    resultsFolder: host.resultsPath ?? join(host.home ?? join(homedir(), '.aedile'), 'storage'),
  }
}
