import type { Outcome } from '@aedile/core/infrastructure-definition'
import { backoffSeconds, pause } from '../backoff.ts'
import type { Sink } from '../infrastructure-driver.ts'
import type { WorkerContext } from '../worker-context.ts'
import type { Attempt } from './attempt.ts'
import { OutputShipper } from './output-shipper.ts'

/**
 * Follows a started thing to its end, from the stored cursor on. Its output goes into the run's logs. Null when the attempt
 * was let go. An observation that cannot tell is tried again: the run keeps its state, its status says since when.
 */
export async function observeToEnd(context: WorkerContext, attempt: Attempt): Promise<Outcome | null> {
  const shipper = new OutputShipper({
    flowRunId: attempt.flowRunId,
    batchSeconds: context.settings.outputBatchSeconds,
    bufferBytes: context.settings.outputBufferBytes,
    store: async (lines, cursor) => {
      await context.ledger.advance(attempt.key, lines, cursor)
      await attempt.moveCursor(cursor)
    },
  })
  const over = new AbortController()
  const until = AbortSignal.any([over.signal, attempt.letGoSignal, context.signal])
  const shipping = shipper.run(until, (error, lines) =>
    context.log.error({ err: error, flowRunId: attempt.flowRunId, lines }, 'Lines of output were refused by the server'),
  )
  try {
    for (let failures = 0; !until.aborted; ) {
      const outcome = await observeOnce(context, attempt, shipper, until)
      if (until.aborted) return null
      // The bound was reached: what waits is sent first, then the observation goes on from the stored cursor.
      await shipper.drained(until)
      if (outcome === null) continue
      if (outcome.kind === 'cannot-tell') {
        failures += 1
        context.ledger.status(attempt.key, 'cannot tell', outcome.reason).catch(() => {})
        await pause(backoffSeconds(failures), until)
        continue
      }
      return { ...outcome, lastLines: shipper.lastLines.length > 0 ? shipper.lastLines : outcome.lastLines }
    }
    return null
  } finally {
    over.abort()
    await shipping
  }
}

/** One observation. Null when it paused because too much output waits for the server. */
async function observeOnce(
  context: WorkerContext,
  attempt: Attempt,
  shipper: OutputShipper,
  until: AbortSignal,
): Promise<Outcome | null> {
  const full = shipper.fullSignal
  const signal = AbortSignal.any([until, full])
  const sink: Sink = {
    output: (stream, bytes, cursor) => {
      if (signal.aborted) return
      shipper.take(stream, bytes, cursor)
      context.output[stream](bytes)
    },
    status: (phase, detail) => void context.ledger.status(attempt.key, phase, detail ?? null).catch(() => {}),
    handle: (handle) =>
      void attempt.move(attempt.step, { handle: { ...handle, reports: attempt.handle.reports } }).catch(() => {}),
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
