import { existsSync, writeSync } from 'node:fs'
import type { Handle, Outcome } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { Credentials, InfrastructureDriver, LogCursor, OutputStream, Sink, Target } from '../infrastructure-driver.ts'

/** What a second process is told to do, as its one argument. */
export type SecondProcessOrder = {
  target: Target
  credentials: Credentials
  handle: Handle
  /** Wait for this file before anything else, so that several go at once. */
  gate?: string
  /** Start this first. */
  request?: JsonObject
  /** Then observe, from here on. */
  observe?: { after?: LogCursor }
}

/** What it tells, one JSON document a line. */
export type SecondProcessNews =
  | { news: 'ready' }
  | { news: 'started'; handle: Handle }
  | { news: 'output'; stream: OutputStream; bytes: string; cursor: LogCursor }
  | { news: 'outcome'; outcome: Outcome }
  | { news: 'failed'; message: string }

/** Carries out one order in a process of its own. Everything is told synchronously, so that SIGKILL swallows nothing. */
export async function serveSecondProcess(driver: InfrastructureDriver): Promise<void> {
  const order = JSON.parse(process.argv[2] ?? '') as SecondProcessOrder
  try {
    const connection = await driver.connect(order.target, order.credentials)
    const io = { sink: tellingSink(), signal: AbortSignal.timeout(120_000) }
    tell({ news: 'ready' })
    if (order.gate) spinUntilExists(order.gate)
    if (order.request) tell({ news: 'started', handle: await connection.start(order.request, order.handle, io) })
    if (order.observe) tell({ news: 'outcome', outcome: await connection.observe(order.handle, { ...io, ...order.observe }) })
    await connection.close()
  } catch (error) {
    tell({ news: 'failed', message: (error as Error).message })
  }
}

/** Without a turn of the event loop, so that all that wait go in the same millisecond. */
function spinUntilExists(path: string): void {
  const deadline = Date.now() + 30_000
  while (!existsSync(path)) if (Date.now() > deadline) throw new Error(`${path} did not appear`)
}

function tellingSink(): Sink {
  return {
    output: (stream, bytes, cursor) => tell({ news: 'output', stream, bytes: Buffer.from(bytes).toString('base64'), cursor }),
    status: () => {},
    handle: () => {},
  }
}

function tell(news: SecondProcessNews): void {
  let rest = Buffer.from(`${JSON.stringify(news)}\n`)
  while (rest.length > 0) rest = rest.subarray(writeSync(1, rest))
}
