import { createHash } from 'node:crypto'
import { nowMicroseconds } from '@aedile/core/time'
import { emitThingEvent } from '../events.ts'
import type { ThingEvent } from '../infrastructure-driver.ts'
import type { WorkerContext } from '../worker-context.ts'
import type { Attempt } from './attempt.ts'
import { readRunContext } from './render.ts'

/** An event says which one it follows only if that was not longer ago, as genuine clients do it. In microseconds. */
const CLOSE = 300 * 1_000_000

/**
 * Tells what became of an attempt's thing, once: the event's id comes from the attempt and what is told, so that a worker
 * which picks the attempt up tells no second one. Returns at once. What cannot be told is not told: nothing depends on it.
 */
export function tellThingEvent(context: WorkerContext, attempt: Attempt, told: ThingEvent): void {
  const { event, resource, occurred = nowMicroseconds() } = told
  const id = idOf(attempt, resource, event)
  if (attempt.told.has(id)) return
  attempt.told.set(id, occurred)
  const before = told.follows === undefined ? null : idOf(attempt, resource, told.follows)
  const since = before === null ? undefined : attempt.told.get(before)
  const follows = since !== undefined && Math.abs(occurred - since) < CLOSE ? before : null
  const emit = (run: NonNullable<Attempt['run']>) => emitThingEvent(context, run, { id, event, resource, occurred, follows })
  if (attempt.run) emit(attempt.run)
  else void readRunContext(context, attempt.flowRunId).then(emit, () => {})
}

/** A UUID of version 8, which is whatever its maker says. */
function idOf({ key }: Attempt, resource: ThingEvent['resource'], event: string): string {
  const bytes = createHash('sha256')
    .update(`${key} ${resource?.['prefect.resource.id'] ?? ''} ${event}`)
    .digest()
  bytes[6] = 0x80 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  return bytes.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
