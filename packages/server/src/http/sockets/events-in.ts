import { setTimeout as sleep } from 'node:timers/promises'
import { isAedileError } from '@aedile/core/errors'
import { type Event, event } from '@aedile/core/resources/event'
import type { Workspace } from '../../workspace.ts'
import { ingestEvents } from '../events/ingest-events.ts'
import { receiveEvents } from '../events/receive-events.ts'
import type { Frame, Frames } from './frames.ts'

const TRY_AGAIN_LATER = 1013
const BUSY_SECONDS = 30

/**
 * Takes in events, one per text. Whatever came since the last commit is the next unit of work, and PINGs are answered
 * after the commit of all that was before them. Nothing else is ever sent. Source: WC 2.2.
 */
export async function serveEventsIn(frames: Frames, workspace: Workspace): Promise<void> {
  frames.putPingsInLine()
  for (;;) {
    const taken = await frames.takeAll()
    if (taken.length === 0) return
    const batch = readBatch(taken)
    if (!(await commit(workspace, batch))) return frames.socket.close(TRY_AGAIN_LATER, 'The server is busy')
    for (const ping of batch.pings) frames.pong(ping)
    // A broken event drops the connection without a close frame; the client sends what was not confirmed again.
    if (batch.isBroken) return frames.socket.terminate()
  }
}

type Batch = { events: Event[]; bytes: number; pings: Buffer[]; isBroken: boolean }

function readBatch(frames: readonly Frame[]): Batch {
  const batch: Batch = { events: [], bytes: 0, pings: [], isBroken: false }
  for (const frame of frames) {
    if (frame.kind === 'ping') {
      batch.pings.push(frame.data)
      continue
    }
    const parsed = parseEvent(frame.text)
    if (parsed === null) return { ...batch, isBroken: true }
    batch.events.push(parsed)
    batch.bytes += frame.text.length
  }
  return batch
}

function parseEvent(text: string): Event | null {
  try {
    return event.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** Commits, and tries again for a while when too much waits for a commit already. */
async function commit(workspace: Workspace, { events, bytes }: Batch): Promise<boolean> {
  const received = receiveEvents(events)
  const until = performance.now() + BUSY_SECONDS * 1000
  for (;;) {
    try {
      await ingestEvents(workspace, received, bytes)
      return true
    } catch (error) {
      if (!isAedileError(error, 'server_busy')) throw error
      if (performance.now() > until) return false
      await sleep(100 + Math.random() * 200)
    }
  }
}
