import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { WorkerFacts } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { clientSettings } from '@aedile/core/settings/client'
import { exportSettings } from '@aedile/core/settings/export'
import { hostSettings } from '@aedile/core/settings/host'
import { workerSettings } from '@aedile/worker/settings'
import { StateDirectory } from '@aedile/worker/state-directory'
import type { WorkerOptions } from '@aedile/worker/worker'
import type { Logger } from 'pino'
import type { CliContext } from '../cli-context.ts'
import { CliFailure } from '../failure.ts'
import { findInfrastructures, folderOf, loadInfrastructure } from './infrastructures.ts'

/** Puts a worker together from settings and a command's options. */
export async function buildWorkerOptions(
  context: CliContext,
  options: {
    pool: string
    type: string
    name?: string
    queueNames?: string[]
    limit?: number | null
    prefetchSeconds?: number
    querySeconds?: number
    runOnce?: boolean
    withHealthServer?: boolean
    createPoolIfMissing?: boolean
    baseJobTemplate?: JsonObject | null
    log: Logger
    quiet?: boolean
  },
): Promise<WorkerOptions> {
  const { definition, driver } = await loadInfrastructure(findInfrastructures(context.infrastructures), options.type)
  const settings = { ...context.settings(workerSettings) }
  if (options.prefetchSeconds !== undefined) settings.prefetchSeconds = options.prefetchSeconds
  if (options.querySeconds !== undefined) settings.querySeconds = options.querySeconds
  const showOutput = settings.streamOutput && !options.quiet
  return {
    client: context.client,
    definition,
    driver,
    target: { stateDirectory: join(context.sources.home, options.type) },
    credentials: {},
    workPool: options.pool,
    queueNames: options.queueNames ?? [],
    limit: options.limit ?? null,
    createPoolIfMissing: options.createPoolIfMissing ?? true,
    baseJobTemplate: options.baseJobTemplate ?? null,
    facts: buildFacts(context, options.name ?? `${definition.displayName}Worker ${randomUUID()}`),
    settings,
    notes: new StateDirectory(join(context.sources.home, 'worker')),
    log: options.log,
    output: {
      stdout: (bytes) => void (showOutput && process.stdout.write(bytes)),
      stderr: (bytes) => void (showOutput && process.stderr.write(bytes)),
    },
    runOnce: options.runOnce ?? false,
    withHealthServer: options.withHealthServer ?? false,
  }
}

/** What the worker knows of itself. What it starts gets its explicit settings under their PREFECT_* names, as a genuine worker's does. */
function buildFacts(context: CliContext, name: string): WorkerFacts {
  const exported = exportSettings(clientSettings, context.sources)
  const environment = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  return {
    name,
    id: null,
    settings: {
      ...Object.fromEntries(Object.entries(exported).filter(([key]) => key.startsWith('PREFECT_'))),
      PREFECT_API_URL: context.apiUrl,
    },
    processEnvironment: environment,
    executeCommand: executeCommand(),
    python: context.settings(hostSettings).python ?? 'python3',
  }
}

/** Our own `aedile-execute`, for flows whose project has none; from its sources when this runs from sources. */
function executeCommand(): string[] {
  const folder = folderOf('@aedile/sdk')
  if (!folder) throw new CliFailure('The package @aedile/sdk is not installed beside aedile. Install it: npm install @aedile/sdk')
  const conditions = process.execArgv.filter((arg) => arg.startsWith('--conditions'))
  return [process.execPath, ...conditions, join(folder, 'bin/aedile-execute.js')]
}
