import { logFilter } from '@aedile/core/filters/log'
import { compileLogFilter } from '@aedile/core/filters/match-log'
import { z } from 'zod'
import { Backlog } from './backlog.ts'
import type { Frames } from './frames.ts'
import { closeWithReason, PROTOCOL_ERROR, takeMessage } from './handshake.ts'
import type { LiveFeed } from './live-feed.ts'

/** Streams log lines from the moment they are committed; what was before is read over HTTP. Source: WC 2.4. */
export async function serveLogsOut(frames: Frames, feed: LiveFeed): Promise<void> {
  const message = await takeMessage(frames)
  if (message === null) return
  if (message.type !== 'filter') return closeWithReason(frames, PROTOCOL_ERROR, "Expected 'filter' message")
  if (!('filter' in message)) return closeWithReason(frames, PROTOCOL_ERROR, "Invalid filter: 'filter'")
  const filter = logFilter.safeParse(message.filter)
  if (!filter.success) return closeWithReason(frames, PROTOCOL_ERROR, `Invalid filter: ${z.prettifyError(filter.error)}`)

  const includes = compileLogFilter(filter.data)
  const backlog = new Backlog(frames.socket)
  const unsubscribe = feed.onLogs((logs) => {
    for (const log of logs) if (includes(log)) backlog.push(JSON.stringify({ type: 'log', log }))
  })
  try {
    await frames.closed()
  } finally {
    unsubscribe()
  }
}
