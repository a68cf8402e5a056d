import { readFileSync } from 'node:fs'
import { readWorkPool } from '@aedile/core/client/work-pools'
import { isAedileError } from '@aedile/core/errors'
import type { JsonObject } from '@aedile/core/json'
import { clientSettings } from '@aedile/core/settings/client'
import { Worker } from '@aedile/worker/worker'
import type { CliContext } from '../../cli-context.ts'
import { createLog } from '../../compose/log.ts'
import { collectWhenIdle } from '../../compose/small-heap.ts'
import { buildWorkerOptions } from '../../compose/worker-options.ts'
import { CliFailure, EXIT_CODES } from '../../failure.ts'
import { parseCount, parseSeconds } from '../../options/parse-options.ts'

type Options = {
  pool: string
  name?: string
  workQueue?: string[]
  type?: string
  limit?: string
  prefetchSeconds?: string
  runOnce?: boolean
  withHealthcheck?: boolean
  baseJobTemplate?: string
  createPoolIfNotFound: boolean
}

/** Starts a worker. The first signal drains it, the second ends it at once; its runs go on and are picked up later. */
export async function run(context: CliContext, options: Options): Promise<void> {
  const log = createLog(context.settings(clientSettings).logLevel, { isTerminal: process.stderr.isTTY === true })
  const type = options.type ?? (await discoverType(context, options.pool))
  const prefetchSeconds = parseSeconds('--prefetch-seconds', options.prefetchSeconds)
  const worker = new Worker(
    await buildWorkerOptions(context, {
      log,
      type,
      pool: options.pool,
      name: options.name,
      queueNames: options.workQueue,
      limit: parseCount('--limit', options.limit),
      ...(prefetchSeconds === undefined ? {} : { settings: { prefetchSeconds } }),
      runOnce: options.runOnce,
      withHealthServer: options.withHealthcheck,
      createPoolIfMissing: options.createPoolIfNotFound,
      baseJobTemplate: options.baseJobTemplate ? readTemplate(options.baseJobTemplate) : null,
    }),
  )
  const drain = new AbortController()
  const stop = new AbortController()
  const onSignal = (signal: NodeJS.Signals) => {
    if (drain.signal.aborted) return stop.abort()
    log.info(
      `${signal}: no more runs are taken. Once more ends the worker at once; its runs go on and are picked up at the next start.`,
    )
    drain.abort()
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  collectWhenIdle(stop.signal)
  try {
    await worker.run({ drain: drain.signal, stop: stop.signal })
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
  // What is left open (keep-alive connections) must not hold a worker that is done.
  process.exit(process.exitCode ?? 0)
}

/** The pool's own type; `process` for a pool that does not exist yet, or while the server is away. */
async function discoverType({ client, print }: CliContext, pool: string): Promise<string> {
  try {
    const { type } = await readWorkPool(client, pool, { maxRetries: 0, timeoutSeconds: 5 })
    if (/:(push|managed)$/.test(type))
      throw new CliFailure(`Work pool ${pool} is of type ${type}: it needs no worker.`, EXIT_CODES.usage.code)
    print.note(`Discovered type '${type}' for work pool '${pool}'.`)
    return type
  } catch (error) {
    if (isAedileError(error, 'api_not_found') || (isAedileError(error) && error.retryable)) return 'process'
    throw error
  }
}

function readTemplate(path: string): JsonObject {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as JsonObject
  } catch (error) {
    throw new CliFailure(`${path} is no base job template: ${(error as Error).message}`, EXIT_CODES.usage.code)
  }
}
