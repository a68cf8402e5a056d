import { readWorkPool } from '@aedile/core/client/work-pools'
import type { CliContext } from '../../cli-context.ts'
import { CodeWatcher } from '../../dev/code-watcher.ts'
import { type DevServer, startDevServer } from '../../dev/dev-server.ts'
import { DEV_POOL, DevWorker } from '../../dev/dev-worker.ts'
import { FlowDeployer } from '../../dev/flow-deployer.ts'
import { checkPaths } from '../../dev/flow-files.ts'
import { streamRunNews } from '../../dev/run-news.ts'
import { type DevView, LineView, ScreenView } from '../../dev/view.ts'
import { CliFailure, EXIT_CODES } from '../../failure.ts'
import { parseCount } from '../../options/parse-options.ts'

/** Server, pool, worker and flows in one process, until a signal ends all of it. */
export async function run(context: CliContext, options: { port?: string; limit?: string }, given: string[]): Promise<void> {
  const folder = process.cwd()
  const paths = given.length > 0 ? given : ['.']
  const limit = parseCount('--limit', options.limit)
  if (limit === 0) throw new CliFailure('--limit takes a number above 0.', EXIT_CODES.usage.code)
  checkPaths(paths, folder)
  const stopping = new AbortController()
  const closing = new AbortController()
  const dev = await startDevServer(context, { ...options, folder })
  const view = createView(context)
  const worker = await DevWorker.start(dev.context, { log: dev.log, limit })
  const offSignals = handleSignals(stopping, worker, dev, view)
  try {
    await worker.ready
    await followRuns(dev, view, closing.signal)
    greet(context, dev, view)
    const watcher = await deployFlows(dev, { paths, folder, view })
    await Promise.race([aborted(stopping.signal), worker.ended])
    watcher.close()
    await worker.end()
  } finally {
    closing.abort()
    await dev.server.stop()
    view.close()
    offSignals()
  }
  view.say('Stopped. Nothing of it runs any more.')
  // What is left open (keep-alive connections) must not hold a process that is done.
  process.exit(process.exitCode ?? 0)
}

function createView({ print }: CliContext): DevView {
  const { stdout } = process
  if (stdout.isTTY && !print.isJson) return new ScreenView(print, stdout)
  return new LineView(print, (text) => void stdout.write(text))
}

function greet({ print }: CliContext, { server, logFile }: DevServer, view: DevView): void {
  const isUsual = server.port === 4200
  view.say(`${print.color.bold('Page')}  ${new URL('/', server.url).href}`)
  view.say(`${print.color.bold('API')}   ${server.url}`)
  view.say(`Log   ${logFile}`)
  view.say(`Run a flow: aedile deployment run FLOW/dev${isUsual ? '' : ` --api-url ${server.url}`}   Ctrl-C ends everything.`)
}

async function deployFlows(
  { context }: DevServer,
  { paths, folder, view }: { paths: string[]; folder: string; view: DevView },
): Promise<CodeWatcher> {
  const say = (text: string) => view.say(text)
  const deployer = new FlowDeployer({ context, pool: await readWorkPool(context.client, DEV_POOL), folder, say })
  const watcher = new CodeWatcher({
    paths,
    folder,
    onChange: (change) => void deployer.update(change),
    onTrouble: (at, error) => say(`Changes in ${at} are not seen: ${error.message}`),
  })
  const files = watcher.start()
  if (files.length === 0)
    say(`No file in ${paths.join(', ')} imports @aedile/sdk yet; one that does is deployed when it is there.`)
  await deployer.update({ changed: files, removed: [] })
  return watcher
}

/** Shows runs from the moment on that this resolves. */
function followRuns({ context, log }: DevServer, view: DevView, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const follow = async () => {
    for await (const news of streamRunNews(context.client, signal, resolve)) view.news(news)
  }
  follow().catch((error: unknown) => {
    log.error({ err: error }, 'Runs are not shown any more')
    resolve()
  })
  return promise
}

/** The first signal ends everything in order; the second kills what still runs. Returns what takes the handlers off. */
function handleSignals(stopping: AbortController, worker: DevWorker, dev: DevServer, view: DevView): () => void {
  const onSignal = () => {
    if (stopping.signal.aborted) {
      void worker.kill(dev.server.workspace.serverId).finally(() => process.exit(EXIT_CODES.interrupted.code))
      return
    }
    view.say('Stopping; runs that are under way are cancelled. Once more ends them at once.')
    stopping.abort()
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, onSignal)
  return () => {
    for (const signal of signals) process.off(signal, onSignal)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
