import { spawn } from 'node:child_process'
import { mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CliContext } from '../../cli-context.ts'
import { findInfrastructures, loadDefinitions } from '../../compose/infrastructures.ts'
import { createLog } from '../../compose/log.ts'
import { readServerSettings, type ServerOptions } from '../../compose/server-settings.ts'
import { collectWhenIdle } from '../../compose/small-heap.ts'
import { CliFailure } from '../../failure.ts'

const BACKGROUND_SECONDS = 30

/** Starts a server and keeps it until it is stopped. */
export async function run(context: CliContext, options: ServerOptions & { background?: boolean }): Promise<void> {
  if (options.background) return startInBackground(context)
  const settings = readServerSettings(context, options)
  const log = createLog(settings.logLevel, { isTerminal: process.stderr.isTTY === true })
  const [{ startServer }, { installSignals }, definitions] = await Promise.all([
    import('@aedile/server/server'),
    import('@aedile/server/lifecycle/signals'),
    loadDefinitions(findInfrastructures(context.infrastructures)),
  ])
  const server = await startServer({ settings, definitions, log })
  installSignals(server)
  collectWhenIdle()
  await context.print.result({ url: server.url, port: server.port, pid: process.pid }, () => {
    context.print.line(`API   ${server.url}`)
    context.print.line(`Page  ${new URL('/', server.url).href}`)
    context.print.line('Ctrl-C stops it.')
  })
}

async function startInBackground({ print, sources }: CliContext): Promise<void> {
  const { readServerStatus } = await import('@aedile/server/lifecycle/pid-file')
  const before = await readServerStatus(sources.home)
  if (before.running)
    throw new CliFailure(`A server of ${sources.home} runs already: ${before.server.url} (process ${before.server.pid}).`)
  mkdirSync(sources.home, { recursive: true, mode: 0o700 })
  const path = join(sources.home, 'server.log')
  const file = openSync(path, 'a', 0o600)
  const args = process.argv.slice(1).filter((arg) => arg !== '--background' && arg !== '--json')
  const child = spawn(process.execPath, [...process.execArgv, ...args], { detached: true, stdio: ['ignore', file, file] })
  const ended = new Promise<null>((resolve) => child.once('exit', () => resolve(null)))
  for (let waited = 0; waited < BACKGROUND_SECONDS; waited += 0.1) {
    const status = await readServerStatus(sources.home)
    if (status.running) {
      child.unref()
      return print.result({ url: status.server.url, pid: status.server.pid, log: path }, () => {
        print.line(`Started: ${status.server.url} (process ${status.server.pid}, log ${path})`)
      })
    }
    if ((await Promise.race([ended, sleep(100, 'waiting' as const)])) === null) break
  }
  throw new CliFailure(`The server did not start. Its log: ${path}`)
}
