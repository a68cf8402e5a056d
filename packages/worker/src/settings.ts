import { defaultsOf, type SettingValues, setting } from '@aedile/core/settings/define'
import { z } from 'zod'

const seconds = z.coerce.number().min(0)
const flag = z.union([z.boolean(), z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1')])

/** The worker's settings: schema, comment and default per field. */
export const workerSettings = {
  querySeconds: setting({
    name: 'AEDILE_WORKER_QUERY_SECONDS',
    fallback: 'PREFECT_WORKER_QUERY_SECONDS',
    description: 'Seconds between two questions for due runs.',
    schema: seconds,
    default: 10,
  }),
  prefetchSeconds: setting({
    name: 'AEDILE_WORKER_PREFETCH_SECONDS',
    fallback: 'PREFECT_WORKER_PREFETCH_SECONDS',
    description: 'Runs that become due within so many seconds are claimed ahead.',
    schema: seconds,
    default: 10,
  }),
  heartbeatSeconds: setting({
    name: 'AEDILE_WORKER_HEARTBEAT_SECONDS',
    fallback: 'PREFECT_WORKER_HEARTBEAT_SECONDS',
    description: 'Seconds between two heartbeats.',
    schema: seconds,
    default: 30,
  }),
  cancellationPollSeconds: setting({
    name: 'AEDILE_WORKER_CANCELLATION_POLL_SECONDS',
    description: 'Seconds between two looks for runs of this worker that shall be cancelled.',
    schema: seconds,
    default: 5,
  }),
  reapSeconds: setting({
    name: 'AEDILE_WORKER_REAP_SECONDS',
    description: 'Seconds between two searches of the target for what ended attempts left.',
    schema: seconds,
    default: 60,
  }),
  graceSeconds: setting({
    name: 'AEDILE_WORKER_GRACE_SECONDS',
    description: 'Seconds between asking a thing to end and killing it. Not set: what its type says, mostly 30.',
    schema: seconds.nullable(),
    default: null as number | null,
  }),
  outputBatchSeconds: setting({
    name: 'AEDILE_WORKER_OUTPUT_BATCH_SECONDS',
    description: "Longest wait of a line of output before it is sent to the run's logs.",
    schema: seconds,
    default: 1,
  }),
  outputBufferBytes: setting({
    name: 'AEDILE_WORKER_OUTPUT_BUFFER_BYTES',
    description:
      'Output of one run that is held in memory while the server is away. Beyond it the observation pauses; nothing is lost.',
    schema: z.coerce.number().int().min(1),
    default: 8 * 1024 * 1024,
  }),
  healthHost: setting({
    name: 'AEDILE_WORKER_WEBSERVER_HOST',
    fallback: 'PREFECT_WORKER_WEBSERVER_HOST',
    description: 'The address of the health endpoint.',
    schema: z.string().min(1),
    default: '127.0.0.1',
  }),
  healthPort: setting({
    name: 'AEDILE_WORKER_WEBSERVER_PORT',
    fallback: 'PREFECT_WORKER_WEBSERVER_PORT',
    description: 'The port of the health endpoint.',
    schema: z.coerce.number().int().min(0).max(65535),
    default: 8080,
  }),
  streamOutput: setting({
    name: 'AEDILE_WORKER_STREAM_OUTPUT',
    description: "Copy the output of runs to the worker's own, where their job asks for it.",
    schema: flag,
    default: true,
  }),
}

export type WorkerSettings = SettingValues<typeof workerSettings>
/** The defaults of every worker setting. */
export const defaultWorkerSettings: WorkerSettings = defaultsOf(workerSettings)
