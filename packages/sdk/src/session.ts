import { homedir } from 'node:os'
import { join } from 'node:path'
import { readServerVersion } from '@aedile/core/client/admin'
import { type ApiClient, createClient } from '@aedile/core/client/client'
import { isAedileError } from '@aedile/core/errors'
import { type ClientSettings, defaultClientSettings } from '@aedile/core/settings/client'
import { toClientOptions } from '@aedile/core/settings/client-options'
import { CancellationWatcher } from './engine/cancellation-watcher.ts'
import { EventSender } from './reporting/event-sender.ts'
import { LogSender } from './reporting/log-sender.ts'
import { ResultStore } from './results/result-store.ts'

/** The settings that a session needs. */
export type SessionSettings = Pick<
  ClientSettings,
  | 'apiUrl'
  | 'apiKey'
  | 'authString'
  | 'customHeaders'
  | 'maxRetries'
  | 'requestTimeoutSeconds'
  | 'csrfSupport'
  | 'logLevel'
  | 'logsToApi'
  | 'logBatchSeconds'
  | 'logBatchBytes'
  | 'logMaxBytes'
  | 'resultsPersistByDefault'
  | 'flowsHeartbeatSeconds'
> & {
  resultsFolder: string
  consoleLogs: boolean
  sigtermBehavior: 'reschedule' | 'relinquish' | null
  runnerPollSeconds: number
  /** The attempt that this process is, when a worker of ours started it: only its own run's proposals carry it. */
  attempt: string | null
}

/** Settings as they are when nothing is set. */
export function defaultSessionSettings(): SessionSettings {
  return {
    ...defaultClientSettings,
    resultsFolder: join(homedir(), '.aedile', 'storage'),
    consoleLogs: true,
    sigtermBehavior: null,
    runnerPollSeconds: 10,
    attempt: null,
  }
}

/** What a run in this process reports with. Without a server, everything but the results and settings is null. */
export type Session = {
  settings: SessionSettings
  client: ApiClient | null
  events: EventSender | null
  logs: LogSender | null
  cancellations: CancellationWatcher | null
  results: ResultStore
  /** Writes one line for the person at the console. */
  tell: (sentence: string) => void
  /** Writes a line of a run's log. */
  writeLine: (line: string) => void
}

/** How long a server may take to answer before a flow runs without it. */
const PROBE_SECONDS = 5

export type SessionOptions = {
  /** A server that cannot be reached is an error, not a reason to go on without it. */
  serverRequired?: boolean
  /** Where lines for the console go. Default: stderr. */
  write?: (line: string) => void
}

/**
 * Opens a session: with the server that the settings name, or without one and one line that says so. A server that
 * refuses us (credentials, version) is an error either way: runs are meant to be recorded there.
 */
export async function openSession(settings: SessionSettings, options: SessionOptions = {}): Promise<Session> {
  const write = options.write ?? ((line: string) => void process.stderr.write(`${line}\n`))
  const tell = (sentence: string) => write(`aedile: ${sentence}`)
  const client = await connect(settings, options.serverRequired ?? false, tell)
  const lineBytes = {
    maxBatchBytes: Math.max(settings.logBatchBytes - settings.logMaxBytes, 1_000_000),
    maxLineBytes: settings.logMaxBytes,
  }
  return {
    settings,
    client,
    events: client && new EventSender(client, tell),
    logs:
      client && settings.logsToApi ? new LogSender(client, { ...lineBytes, delaySeconds: settings.logBatchSeconds }, tell) : null,
    cancellations: client && new CancellationWatcher(client, tell),
    results: new ResultStore(settings.resultsFolder),
    tell,
    writeLine: write,
  }
}

async function connect(
  settings: SessionSettings,
  serverRequired: boolean,
  tell: (sentence: string) => void,
): Promise<ApiClient | null> {
  if (settings.apiUrl === null) {
    tell('No server is configured (AEDILE_API_URL), so this run is not recorded.')
    return null
  }
  const client = createClient(toClientOptions(settings, settings.apiUrl))
  if (serverRequired) return client
  try {
    await readServerVersion(client, { timeoutSeconds: PROBE_SECONDS, maxRetries: 0 })
    return client
  } catch (error) {
    const away = isAedileError(error, 'api_unreachable') || isAedileError(error, 'api_timeout')
    if (!away) throw error
    tell(`No server answers at ${settings.apiUrl}, so this run is not recorded.`)
    return null
  }
}
