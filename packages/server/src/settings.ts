import { LEASE_SECONDS, UNATTENDED_SECONDS } from '@aedile/core/attempts/messages'
import { defaultsOf, type SettingValues, setting } from '@aedile/core/settings/define'
import { z } from 'zod'

const flag = z.union([z.boolean(), z.stringbool()])
const seconds = z.coerce.number().positive()
const days = z.coerce.number().positive()
const list = z.union([z.array(z.string()), z.string().transform((text) => text.split(',').map((part) => part.trim()))])
/** Text that means "none": empty, `none`, `null` or `never`. */
const orNone = <T>(schema: z.ZodType<T, unknown>) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^(|none|null|never)$/i.test(value.trim()) ? null : value),
    schema.nullable(),
  )

/** The server's settings: schema, comment and default per field. */
export const serverSettings = {
  host: setting({
    name: 'AEDILE_SERVER_HOST',
    fallback: 'PREFECT_SERVER_API_HOST',
    description: 'The address that the server listens on.',
    schema: z.string().min(1),
    default: '127.0.0.1',
  }),
  port: setting({
    name: 'AEDILE_SERVER_PORT',
    fallback: 'PREFECT_SERVER_API_PORT',
    description: 'The port that the server listens on; 0 takes a free one.',
    schema: z.coerce.number().int().min(0).max(65535),
    default: 4200,
  }),
  basePath: setting({
    name: 'AEDILE_SERVER_BASE_PATH',
    fallback: 'PREFECT_SERVER_API_BASE_PATH',
    description: 'The path under which the API stands.',
    schema: z.string().regex(/^(\/[^/\s?#]+)+$/, { message: 'must begin with a slash and not end with one, e.g. /api' }),
    default: '/api',
  }),
  home: setting({
    name: 'AEDILE_HOME',
    description: 'The directory of database, key and pid file. Empty: ~/.aedile.',
    schema: z.string(),
    default: '',
  }),
  databaseUrl: setting({
    name: 'AEDILE_DATABASE_URL',
    description: 'The database: `sqlite:<path>` or `postgres://...`. Empty: aedile.db in the home directory.',
    schema: z.string(),
    default: '',
    secret: true,
  }),
  encryptionKey: setting({
    name: 'AEDILE_SERVER_ENCRYPTION_KEY',
    description: 'The keys for secrets at rest, newest last. Empty: a key file, made at the first start.',
    schema: z.string(),
    default: '',
    secret: true,
  }),
  synchronous: setting({
    name: 'AEDILE_SERVER_SYNCHRONOUS',
    description:
      'What SQLite waits for at a commit: `full` survives a loss of power, `normal` a kill of the server but perhaps not a loss of power.',
    schema: z.enum(['full', 'normal']),
    default: 'normal' as 'full' | 'normal',
  }),
  maxPendingBytes: setting({
    name: 'AEDILE_SERVER_MAX_PENDING_BYTES',
    description: 'How many bytes may wait for a commit; beyond it the server answers 503 with Retry-After.',
    schema: z.coerce.number().int().positive(),
    default: 64 * 1024 * 1024,
  }),
  authString: setting({
    name: 'AEDILE_SERVER_AUTH_STRING',
    fallback: 'PREFECT_SERVER_API_AUTH_STRING',
    description: 'What clients must send as basic authentication, normally `user:password`. None: no authentication.',
    schema: orNone(z.string()),
    default: null as string | null,
    secret: true,
  }),
  insecure: setting({
    name: 'AEDILE_SERVER_INSECURE',
    description: 'Allows to listen beyond loopback without authentication.',
    schema: flag,
    default: false,
  }),
  corsOrigins: setting({
    name: 'AEDILE_SERVER_CORS_ORIGINS',
    fallback: 'PREFECT_SERVER_CORS_ALLOWED_ORIGINS',
    description: 'Origins of browsers that may use the API, separated by commas; `*` is any, empty is none.',
    schema: list,
    default: ['*'] as string[],
  }),
  csrfProtection: setting({
    name: 'AEDILE_SERVER_CSRF_PROTECTION',
    fallback: 'PREFECT_SERVER_CSRF_PROTECTION_ENABLED',
    description: 'Whether requests that write must carry a CSRF token.',
    schema: flag,
    default: false,
  }),
  csrfTokenSeconds: setting({
    name: 'AEDILE_SERVER_CSRF_TOKEN_SECONDS',
    description: 'How long a CSRF token is valid.',
    schema: seconds,
    default: 3600,
  }),
  bodyLimitBytes: setting({
    name: 'AEDILE_SERVER_BODY_LIMIT_BYTES',
    description: 'The largest body of a request; beyond it the server answers 413.',
    schema: z.coerce.number().int().positive(),
    default: 16 * 1024 * 1024,
  }),
  requestTimeoutSeconds: setting({
    name: 'AEDILE_SERVER_REQUEST_TIMEOUT_SECONDS',
    description: 'How long a request may take until the server answers 503.',
    schema: seconds,
    default: 60,
  }),
  stopTimeoutSeconds: setting({
    name: 'AEDILE_SERVER_STOP_TIMEOUT_SECONDS',
    description: 'How long a stop waits for answers in flight.',
    schema: seconds,
    default: 5,
  }),
  defaultLimit: setting({
    name: 'AEDILE_SERVER_DEFAULT_LIMIT',
    fallback: 'PREFECT_SERVER_API_DEFAULT_LIMIT',
    description: 'How many rows a filter answers at most, and when no limit is given.',
    schema: z.coerce.number().int().positive(),
    default: 200,
  }),
  audit: setting({
    name: 'AEDILE_SERVER_AUDIT',
    description: 'Whether every write request leaves a row in the audit trail.',
    schema: flag,
    default: true,
  }),
  metrics: setting({
    name: 'AEDILE_SERVER_METRICS',
    description: 'Whether /metrics answers figures for Prometheus.',
    schema: flag,
    default: true,
  }),
  logLevel: setting({
    name: 'AEDILE_SERVER_LOG_LEVEL',
    description: "The least level of the server's own log: trace, debug, info, warn, error, fatal or silent.",
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    default: 'info' as 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent',
  }),
  eventRetentionDays: setting({
    name: 'AEDILE_EVENT_RETENTION_DAYS',
    description: 'How long events are kept; `none` keeps them for ever.',
    schema: orNone(days),
    default: 7 as number | null,
  }),
  logRetentionDays: setting({
    name: 'AEDILE_LOG_RETENTION_DAYS',
    description: "How long the lines of runs' logs are kept; `none` keeps them for ever.",
    schema: orNone(days),
    default: 30 as number | null,
  }),
  runRetentionDays: setting({
    name: 'AEDILE_RUN_RETENTION_DAYS',
    description: 'How long finished runs are kept; `none` keeps them for ever.',
    schema: orNone(days),
    default: null as number | null,
  }),
  auditRetentionDays: setting({
    name: 'AEDILE_AUDIT_RETENTION_DAYS',
    description: 'How long the audit trail is kept; `none` keeps it for ever.',
    schema: orNone(days),
    default: 90 as number | null,
  }),
  schedulerIntervalSeconds: setting({
    name: 'AEDILE_SERVICES_SCHEDULER_INTERVAL_SECONDS',
    description: 'How often all schedules are looked at for runs to create.',
    schema: seconds,
    default: 60,
  }),
  recentSchedulerIntervalSeconds: setting({
    name: 'AEDILE_SERVICES_RECENT_SCHEDULER_INTERVAL_SECONDS',
    description: 'How often the schedules of deployments that were written lately are looked at.',
    schema: seconds,
    default: 5,
  }),
  lateRunsIntervalSeconds: setting({
    name: 'AEDILE_SERVICES_LATE_RUNS_INTERVAL_SECONDS',
    description: 'How often runs that nobody started are marked Late.',
    schema: seconds,
    default: 5,
  }),
  pauseExpirationIntervalSeconds: setting({
    name: 'AEDILE_SERVICES_PAUSE_EXPIRATION_INTERVAL_SECONDS',
    description: 'How often paused runs whose time ran out are failed.',
    schema: seconds,
    default: 5,
  }),
  cancellationIntervalSeconds: setting({
    name: 'AEDILE_SERVICES_CANCELLATION_INTERVAL_SECONDS',
    description: 'How often what belongs to cancelled runs is cancelled too.',
    schema: seconds,
    default: 20,
  }),
  workerStatusIntervalSeconds: setting({
    name: 'AEDILE_SERVICES_WORKER_STATUS_INTERVAL_SECONDS',
    description: 'How often workers, pools and queues that are not heard of are marked offline or not ready.',
    schema: seconds,
    default: 15,
  }),
  leaseExpiryIntervalSeconds: setting({
    name: 'AEDILE_SERVICES_LEASE_EXPIRY_INTERVAL_SECONDS',
    description: 'How often expired concurrency leases give their slots back.',
    schema: seconds,
    default: 15,
  }),
  attemptsIntervalSeconds: setting({
    name: 'AEDILE_SERVICES_ATTEMPTS_INTERVAL_SECONDS',
    description: 'How often attempts whose lease ran out are looked at.',
    schema: seconds,
    default: 5,
  }),
  attemptLeaseSeconds: setting({
    name: 'AEDILE_SERVER_ATTEMPT_LEASE_SECONDS',
    description: 'How long a worker may be silent until its runs are offered to another one. It renews at a third of this.',
    schema: seconds,
    default: LEASE_SECONDS,
  }),
  attemptUnattendedSeconds: setting({
    name: 'AEDILE_SERVER_ATTEMPT_UNATTENDED_SECONDS',
    description: 'How long a run may wait for another worker that can look at it, until it is Crashed or scheduled again.',
    schema: seconds,
    default: UNATTENDED_SECONDS,
  }),
  retentionIntervalSeconds: setting({
    name: 'AEDILE_SERVICES_RETENTION_INTERVAL_SECONDS',
    description: 'How often what is older than its retention is deleted.',
    schema: seconds,
    default: 3600,
  }),
}

export type ServerSettings = SettingValues<typeof serverSettings>
export const defaultServerSettings: ServerSettings = defaultsOf(serverSettings)
