import { mkdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { AedileError } from '@aedile/core/errors'
import type { InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import { MICROSECONDS_PER_SECOND, nowMicroseconds } from '@aedile/core/time'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { Changes } from './changes.ts'
import { findPeers } from './dispatch/peers.ts'
import { installSystemBlocks } from './http/blocks/install-system-blocks.ts'
import { buildHttp } from './http/build.ts'
import { closeHttp } from './http/close.ts'
import { attachSockets } from './http/sockets.ts'
import { databaseUrlOf, homeOf } from './lifecycle/home.ts'
import { checkListenAddress, toLocalUrl } from './lifecycle/listen-address.ts'
import { readServerStatus, removePidFile, writePidFile } from './lifecycle/pid-file.ts'
import { findPortHolder } from './lifecycle/port-holder.ts'
import { Metrics } from './metrics.ts'
import { buildServices } from './services/index.ts'
import { ServiceRunner } from './services/service-runner.ts'
import type { ServerSettings } from './settings.ts'
import { parseDatabaseUrl } from './store/database-url.ts'
import { openEncryption } from './store/encryption-key-file.ts'
import { openStore } from './store/open.ts'
import { readServerId } from './store/server-id.ts'
import type { Store } from './store/store.ts'
import { findUnreadableSecret } from './store/unreadable-secrets.ts'
import { AEDILE_VERSION } from './version.ts'
import type { Workspace } from './workspace.ts'

/** What a server is started with. */
export type ServerOptions = {
  settings: ServerSettings
  definitions: readonly InfrastructureDefinition[]
  log: Logger
}

/** A server that answers. */
export type RunningServer = {
  /** The API's root for clients of this machine, base path included. */
  readonly url: string
  readonly port: number
  readonly workspace: Workspace
  /** Finishes the answers in flight, ends streams and services, closes the store. The same promise when called again. */
  stop(): Promise<void>
}

/** Starts a server: store, encryption, HTTP, services, in this order; what was opened is closed again when a step fails. */
export async function startServer({ settings, definitions, log }: ServerOptions): Promise<RunningServer> {
  checkListenAddress(settings)
  const closers: (() => Promise<void>)[] = []
  try {
    const workspace = await openWorkspace(settings, definitions, log)
    closers.push(() => workspace.store.close())
    await installSystemBlocks(workspace.store)
    const metrics = new Metrics()
    closers.push(async () => metrics.stop())
    metrics.addReading('aedile_outbox_lag_seconds', 'Age of the oldest change that no event tells of yet.', () =>
      readOutboxLag(workspace.store),
    )

    const app = buildHttp(workspace, { metrics })
    const sockets = attachSockets(app.server, workspace, settings)
    app.addHook('preClose', () => sockets.close())
    closers.push(() => closeHttp(app, settings.stopTimeoutSeconds))
    const port = await listen(app, settings)
    const url = `${toLocalUrl(settings.host, port)}${settings.basePath}`

    const peers = findPeers(workspace, databaseUrlOf(settings))
    peers?.start()
    closers.push(async () => peers?.stop())
    const services = new ServiceRunner(buildServices(workspace), { log, metrics, changes: workspace.changes })
    services.start()
    closers.push(() => within(settings.stopTimeoutSeconds, services.stop(), 'the services'))
    await leavePidFile(homeOf(settings), url, log)
    closers.push(() => removePidFile(homeOf(settings)))

    log.info(describeStart(url, settings))
    let stopped: Promise<void> | undefined
    return {
      url,
      port,
      workspace,
      stop() {
        stopped ??= closeAll(closers, log).then(() => log.info('stopped'))
        return stopped
      },
    }
  } catch (error) {
    await closeAll(closers, log)
    throw error
  }
}

async function openWorkspace(
  settings: ServerSettings,
  definitions: readonly InfrastructureDefinition[],
  log: Logger,
): Promise<Workspace> {
  const home = homeOf(settings)
  await mkdir(home, { recursive: true, mode: 0o700 })
  const url = databaseUrlOf(settings)
  const store = await openStore({
    url,
    upgrade: true,
    maxPendingBytes: settings.maxPendingBytes,
    synchronous: settings.synchronous,
    onError: (error) => log.error({ err: error }, 'the store met an error that has no caller'),
  })
  try {
    const encryption = await openEncryption({ url, stateDirectory: home, keys: settings.encryptionKey || undefined })
    const unreadable = await findUnreadableSecret(store, encryption)
    if (unreadable !== null) log.warn(`Blocks cannot be read until the key is back that they were written with: ${unreadable}`)
    const serverId = await readServerId(store)
    return { serverId, settings, store, encryption, changes: new Changes(), log, definitions }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** The file names one server of a home directory: the first that runs. */
async function leavePidFile(home: string, url: string, log: Logger): Promise<void> {
  const status = await readServerStatus(home)
  if (!status.running || status.server.pid === process.pid) return writePidFile(home, { url, version: AEDILE_VERSION })
  const { pid } = status.server
  log.warn({ pid, home }, 'another server runs with the same home directory; `server stop` and `server status` mean that one')
}

async function readOutboxLag({ db }: Store): Promise<number> {
  const oldest = await db.selectFrom('outbox').select('created').orderBy('sequence').limit(1).executeTakeFirst()
  return oldest ? Math.max(0, nowMicroseconds() - oldest.created) / MICROSECONDS_PER_SECOND : 0
}

async function listen(app: FastifyInstance, { host, port }: ServerSettings): Promise<number> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    const holder = await findPortHolder(port)
    const by = holder ? ` by process ${holder.pid} (${holder.command})` : ''
    throw new AedileError('port_taken', { host, port, holder: by }, { cause: error })
  }
  return (app.server.address() as AddressInfo).port
}

async function within(seconds: number, work: Promise<void>, what: string): Promise<void> {
  const late = sleep(seconds * 1000, undefined, { ref: false }).then(() => {
    throw new Error(`${what} did not stop within ${seconds} s`)
  })
  await Promise.race([work, late])
}

async function closeAll(closers: (() => Promise<void>)[], log: Logger): Promise<void> {
  for (const close of closers.reverse().splice(0)) {
    await close().catch((error: unknown) => log.error({ err: error }, 'something could not be closed'))
  }
}

function describeStart(url: string, settings: ServerSettings): string {
  const kept = (days: number | null) => (days === null ? 'for ever' : `${days} days`)
  const { eventRetentionDays, logRetentionDays, runRetentionDays } = settings
  return [
    `Aedile ${AEDILE_VERSION} answers on ${url}`,
    `database ${parseDatabaseUrl(databaseUrlOf(settings)).name}`,
    `kept: events ${kept(eventRetentionDays)}, logs ${kept(logRetentionDays)}, finished runs ${kept(runRetentionDays)}`,
  ].join('; ')
}
