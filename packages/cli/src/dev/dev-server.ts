import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isAedileError } from '@aedile/core/errors'
import type { NodeSources } from '@aedile/core/settings/node'
import { readServerStatus } from '@aedile/server/lifecycle/pid-file'
import type { RunningServer } from '@aedile/server/server'
import { serverSettings } from '@aedile/server/settings'
import type { Logger } from 'pino'
import { buildContext, type CliContext } from '../cli-context.ts'
import { findInfrastructures, loadDefinitions } from '../compose/infrastructures.ts'
import { createFileLog } from '../compose/log.ts'
import { readServerSettings } from '../compose/server-settings.ts'
import { CliFailure } from '../failure.ts'

/** A server for trying things out, and a context whose client talks to it. */
export type DevServer = { server: RunningServer; context: CliContext; log: Logger; logFile: string }

/** What would lead runs or this process to another server than the one that is started here. */
const ELSEWHERE = /^(AEDILE|PREFECT)_(API_(URL|KEY|AUTH_STRING)|CLIENT_CUSTOM_HEADERS)$/

/** Starts a server in this process: on this machine only, with a database of its own in the folder's `.aedile/dev`. */
export async function startDevServer(given: CliContext, options: { port?: string; folder: string }): Promise<DevServer> {
  const home = prepareHome(given, options.folder)
  const status = await readServerStatus(home)
  if (status.running) {
    throw new CliFailure(`${home} is in use: ${status.server.url} (process ${status.server.pid}). Stop that first.`)
  }
  const context = buildContext(turnHome(given.sources, home), { json: given.print.isJson })
  const settings = {
    ...readServerSettings(context, options.port === undefined ? {} : { port: options.port }),
    host: serverSettings.host.default,
    databaseUrl: serverSettings.databaseUrl.default,
    authString: serverSettings.authString.default,
  }
  const logFile = join(home, 'dev.log')
  const log = createFileLog(settings.logLevel, logFile)
  const definitions = await loadDefinitions(findInfrastructures(context.infrastructures))
  const { startServer } = await import('@aedile/server/server')
  const start = (port: number) => startServer({ settings: { ...settings, port }, definitions, log })
  const server = await start(settings.port).catch((error: unknown) => {
    // A port that was asked for is not exchanged for another.
    if (options.port !== undefined || !isAedileError(error, 'port_taken')) throw error
    return start(0)
  })
  return { server, context: buildContext(context.sources, { json: given.print.isJson, apiUrl: server.url }), log, logFile }
}

/** AEDILE_HOME when it is set, else `.aedile/dev` of the folder, which no repository shall take in. */
function prepareHome({ sources }: CliContext, folder: string): string {
  if (sources.environment.AEDILE_HOME) return sources.home
  const home = resolve(folder, '.aedile', 'dev')
  mkdirSync(home, { recursive: true, mode: 0o700 })
  writeFileSync(join(home, '.gitignore'), '*\n')
  return home
}

function turnHome(sources: NodeSources, home: string): NodeSources {
  const own = (values: Readonly<Record<string, string | undefined>>) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => !ELSEWHERE.test(name)))
  return {
    ...sources,
    home,
    environment: { ...own(sources.environment), AEDILE_HOME: home },
    profile: own(sources.profile) as NodeSources['profile'],
  }
}
