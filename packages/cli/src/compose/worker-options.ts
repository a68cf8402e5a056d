import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { WorkerFacts } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { clientSettings } from '@aedile/core/settings/client'
import { exportSettings } from '@aedile/core/settings/export'
import { hostSettings } from '@aedile/core/settings/host'
import { type WorkerSettings, workerSettings } from '@aedile/worker/settings'
import { StateDirectory } from '@aedile/worker/state-directory'
import type { WorkerOptions } from '@aedile/worker/worker'
import type { Logger } from 'pino'
import type { CliContext } from '../cli-context.ts'
import { CliFailure } from '../failure.ts'
import { definedValues } from '../options/defined-values.ts'
import { findPythons } from './find-python.ts'
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
    settings?: Partial<WorkerSettings>
    runOnce?: boolean
    withHealthServer?: boolean
    createPoolIfMissing?: boolean
    baseJobTemplate?: JsonObject | null
    log: Logger
    quiet?: boolean
  },
): Promise<WorkerOptions> {
  const { definition, driver } = await loadInfrastructure(findInfrastructures(context.infrastructures), options.type)
  const settings = { ...context.settings(workerSettings), ...options.settings }
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
  return {
    name,
    id: null,
    settings: {
      ...Object.fromEntries(Object.entries(exported).filter(([key]) => key.startsWith('PREFECT_'))),
      PREFECT_API_URL: context.apiUrl,
    },
    // Of the two names of the API's address, what a flow in TypeScript reads first has to say the same.
    processEnvironment: { ...definedValues(context.sources.environment), AEDILE_API_URL: context.apiUrl },
    platform: process.platform,
    executeCommand: executeCommand(),
    python: findPythons(context.settings(hostSettings).python, process.cwd())[0]!,
  }
}

/** Our own `aedile-execute`, for flows whose project has none; from its sources when this runs from sources. */
function executeCommand(): string[] {
  const folder = folderOf('@aedile/sdk')
  if (!folder) throw new CliFailure('The package @aedile/sdk is not installed beside aedile. Install it: npm install @aedile/sdk')
  const conditions = process.execArgv.filter((arg) => arg.startsWith('--conditions'))
  return [process.execPath, ...conditions, join(folder, 'bin/aedile-execute.js')]
}
