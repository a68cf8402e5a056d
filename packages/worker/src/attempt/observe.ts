import type { Outcome } from '@aedile/core/infrastructure-definition'
import type { LogCreate } from '@aedile/core/resources/log'
import { backoffSeconds, isLoss, pause } from '../backoff.ts'
import type { LogCursor, Sink } from '../infrastructure-driver.ts'
import type { WorkerContext } from '../worker-context.ts'
import type { Attempt } from './attempt.ts'
import { isEngineLogLine } from './engine-console.ts'
import { OutputMoved, OutputShipper } from './output-shipper.ts'
import { tellThingEvent } from './thing-events.ts'

/**
 * Follows a started thing to its end, from the stored cursor on. Its output goes into the run's logs. Null when the attempt
 * was let go. An observation that cannot tell is tried again: the run keeps its state, its status says since when.
 */
export async function observeToEnd(context: WorkerContext, attempt: Attempt): Promise<Outcome | null> {
  const shipper = buildShipper(context, attempt)
  const over = new AbortController()
  const until = AbortSignal.any([over.signal, attempt.letGoSignal, context.signal])
  const shipping = shipper.run(until)
  try {
    for (let failures = 0; !until.aborted; ) {
      const outcome = await observeOnce(context, attempt, shipper, until)
      if (until.aborted) return null
      // The bound was reached: what waits is sent first, then the observation goes on from the stored cursor.
      await shipper.drained(until)
      if (until.aborted) return null
      if (outcome === null) continue
      if (outcome.kind !== 'cannot-tell') return withLastLines(outcome, shipper.lastLines)
      failures += 1
      context.ledger.status(attempt.key, 'cannot tell', outcome.reason).catch(() => {})
      await pause(backoffSeconds(failures), until)
    }
    return null
  } finally {
    over.abort()
    await shipping
  }
}

function buildShipper(context: WorkerContext, attempt: Attempt): OutputShipper {
  const store = async (lines: LogCreate[], cursor: LogCursor) => {
    const fresh = attempt.handle.reports !== 'worker' ? lines.filter((line) => !isEngineLogLine(line.message)) : lines
    const stored = await context.ledger.advance(attempt.key, { after: attempt.logCursor, lines: fresh, cursor })
    if (stored !== cursor) throw new OutputMoved(stored)
    await attempt.moveCursor(cursor)
  }
  const shipper: OutputShipper = new OutputShipper({
    flowRunId: attempt.flowRunId,
    batchSeconds: context.settings.outputBatchSeconds,
    bufferBytes: context.settings.outputBufferBytes,
    store,
    refused: async (error, { lines, cursor }) => {
      if (error instanceof OutputMoved) {
        await attempt.moveCursor(error.cursor)
        return shipper.restart()
      }
      const facts = { err: error, flowRunId: attempt.flowRunId, lines: lines.length }
      if (isLoss(error)) {
        context.log.info(facts, 'Output of a run is no longer taken from this worker; letting go of the run')
        return attempt.lose()
      }
      context.log.error(facts, 'Lines of output were refused by the server')
      // Without them; when this fails too, the next lines take the cursor past them.
      await store([], cursor).catch(() => {})
    },
  })
  return shipper
}

/** One observation. Null when it paused because too much output waits for the server. */
async function observeOnce(
  context: WorkerContext,
  attempt: Attempt,
  shipper: OutputShipper,
  until: AbortSignal,
): Promise<Outcome | null> {
  const signal = AbortSignal.any([until, shipper.fullSignal])
  const sink: Sink = {
    output: (stream, bytes, cursor) => {
      if (signal.aborted) return
      shipper.take(stream, bytes, cursor)
      context.output[stream](bytes)
    },
    status: (phase, detail) => void context.ledger.status(attempt.key, phase, detail ?? null).catch(() => {}),
    handle: (handle) => void attempt.describe(handle).catch(() => {}),
    event: (event) => tellThingEvent(context, attempt, event),
  }
  try {
    const after = attempt.logCursor ?? undefined
    return await context.connection.observe(attempt.handle, { sink, signal, ...(after === undefined ? {} : { after }) })
  } catch (error) {
    if (signal.aborted) return null
    const reason = error instanceof Error ? error.message : String(error)
    return { kind: 'cannot-tell', exitCode: null, signal: null, reason, advice: null, lastLines: [] }
  }
}

/** An observation that began late saw only the end: what the driver remembers may be more. */
function withLastLines(outcome: Outcome, seen: string[]): Outcome {
  return { ...outcome, lastLines: seen.length >= outcome.lastLines.length ? seen : outcome.lastLines }
}
