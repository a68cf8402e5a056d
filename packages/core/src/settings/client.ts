import { z } from 'zod'
import { defaultsOf, type SettingValues, setting } from './define.ts'
import { count, flag, jsonTexts, seconds, textOrNone, urlOrNone } from './scalars.ts'

/**
 * Settings of everyone who talks to the API: command line, worker, flows. Those that were set go on to what a worker
 * starts, so nothing that means something on one host only may be in here.
 */
export const clientSettings = {
  apiUrl: setting<string | null>({
    name: 'AEDILE_API_URL',
    fallback: 'PREFECT_API_URL',
    description: "The API's address, e.g. http://127.0.0.1:4200/api. Empty: none.",
    schema: urlOrNone,
    default: null,
  }),
  apiKey: setting<string | null>({
    name: 'AEDILE_API_KEY',
    fallback: 'PREFECT_API_KEY',
    description: 'The key that is sent as bearer token.',
    schema: textOrNone,
    default: null,
    secret: true,
  }),
  authString: setting<string | null>({
    name: 'AEDILE_API_AUTH_STRING',
    fallback: 'PREFECT_API_AUTH_STRING',
    description: 'User and password for basic authentication, as user:password.',
    schema: textOrNone,
    default: null,
    secret: true,
  }),
  customHeaders: setting<Record<string, string>>({
    name: 'AEDILE_CLIENT_CUSTOM_HEADERS',
    fallback: 'PREFECT_CLIENT_CUSTOM_HEADERS',
    description: 'Headers that every request carries, as a JSON object.',
    schema: jsonTexts,
    default: {},
    secret: true,
  }),
  maxRetries: setting({
    name: 'AEDILE_CLIENT_MAX_RETRIES',
    fallback: 'PREFECT_CLIENT_MAX_RETRIES',
    description: 'How often a request is repeated after a lost connection or an answer that asks for it.',
    schema: count,
    default: 5,
  }),
  requestTimeoutSeconds: setting({
    name: 'AEDILE_API_REQUEST_TIMEOUT',
    fallback: 'PREFECT_API_REQUEST_TIMEOUT',
    description: 'Seconds until a request without answer is given up.',
    schema: z.coerce.number().positive(),
    default: 60,
  }),
  csrfSupport: setting({
    name: 'AEDILE_CLIENT_CSRF_SUPPORT_ENABLED',
    fallback: 'PREFECT_CLIENT_CSRF_SUPPORT_ENABLED',
    description: 'Ask the server for a CSRF token before the first change.',
    schema: flag,
    default: true,
  }),
  logLevel: setting<'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'>({
    name: 'AEDILE_LOGGING_LEVEL',
    fallback: 'PREFECT_LOGGING_LEVEL',
    description: 'The least severe message that is written: trace, debug, info, warn, error, fatal or silent.',
    schema: z
      .string()
      .transform((text) => LEVEL_NAMES[text.trim().toLowerCase()] ?? text.trim().toLowerCase())
      .pipe(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])),
    default: 'info',
    toFallback: (level) => PYTHON_LEVELS[level] ?? level.toUpperCase(),
  }),
  logsToApi: setting({
    name: 'AEDILE_LOGGING_TO_API_ENABLED',
    fallback: 'PREFECT_LOGGING_TO_API_ENABLED',
    description: 'Send the logs of runs to the API.',
    schema: flag,
    default: true,
  }),
  logBatchSeconds: setting({
    name: 'AEDILE_LOGGING_TO_API_BATCH_INTERVAL',
    fallback: 'PREFECT_LOGGING_TO_API_BATCH_INTERVAL',
    description: 'Seconds between two batches of logs.',
    schema: seconds,
    default: 2,
  }),
  logBatchBytes: setting({
    name: 'AEDILE_LOGGING_TO_API_BATCH_SIZE',
    fallback: 'PREFECT_LOGGING_TO_API_BATCH_SIZE',
    description: 'The most bytes of one batch of logs.',
    schema: count,
    default: 4_000_000,
  }),
  logMaxBytes: setting({
    name: 'AEDILE_LOGGING_TO_API_MAX_LOG_SIZE',
    fallback: 'PREFECT_LOGGING_TO_API_MAX_LOG_SIZE',
    description: 'The most bytes of one log message.',
    schema: count,
    default: 1_000_000,
  }),
  resultsPersistByDefault: setting({
    name: 'AEDILE_RESULTS_PERSIST_BY_DEFAULT',
    fallback: 'PREFECT_RESULTS_PERSIST_BY_DEFAULT',
    description: 'Keep results of flows and tasks that do not say themselves.',
    schema: flag,
    default: false,
  }),
  flowsHeartbeatSeconds: setting<number | null>({
    name: 'AEDILE_FLOWS_HEARTBEAT_FREQUENCY',
    fallback: 'PREFECT_FLOWS_HEARTBEAT_FREQUENCY',
    description: 'Seconds between two signs of life of a running flow, at least 30. Empty: none.',
    schema: z.preprocess((value) => (value === '' ? null : value), z.coerce.number().int().min(30).nullable()),
    default: 180,
  }),
}

/** Python's names of levels, in both directions; `trace` and `silent` become the nearest that it has. */
const LEVEL_NAMES: Record<string, string> = { warning: 'warn', critical: 'fatal', notset: 'trace' }
const PYTHON_LEVELS: Record<string, string> = { trace: 'DEBUG', warn: 'WARNING', fatal: 'CRITICAL', silent: 'CRITICAL' }

export type ClientSettings = SettingValues<typeof clientSettings>
/** The defaults of every client setting. */
export const defaultClientSettings: ClientSettings = defaultsOf(clientSettings)
