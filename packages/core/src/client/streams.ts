import { isAedileError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { ReceivedEvent } from '../resources/event.ts'
import type { Log } from '../resources/log.ts'
import { formatTimestamp, MICROSECONDS_PER_SECOND, nowMicroseconds } from '../time.ts'
import type { ApiClient } from './client.ts'
import { pause } from './pause.ts'
import { retryDelaySeconds } from './retry.ts'
import { openStream } from './socket.ts'

export type StreamOptions = {
  /** Ends the stream; the iteration then ends without an error. */
  signal?: AbortSignal
  /** Called after every handshake: from then on nothing is missed. */
  onConnected?: () => void
  /** Called when the connection was lost, or could not be made; it is tried again. */
  onDisconnected?: (error: unknown) => void
}

const MINUTE = 60 * MICROSECONDS_PER_SECOND
const YEAR = 365 * 24 * 60 * MINUTE
/** Ids that are remembered to leave out what a new connection sends again. */
const REMEMBERED_IDS = 5000

/**
 * Events as they happen, from a minute before the first connection on. After a lost connection the stream is opened
 * again from the last event seen, and an event that was delivered is not delivered twice.
 */
export async function* streamEvents(
  client: ApiClient,
  filter: JsonObject = {},
  options: StreamOptions = {},
): AsyncGenerator<ReceivedEvent> {
  let since = formatTimestamp(nowMicroseconds() - MINUTE)
  const seen = new Set<string>()
  const open = () => {
    const until = formatTimestamp(nowMicroseconds() + YEAR)
    const given = isJsonObject(filter.occurred) ? filter.occurred : {}
    return { type: 'filter', filter: { ...filter, occurred: { since, until, ...given } } }
  }
  for await (const frame of frames(client, '/events/out', open, options)) {
    if (frame.type !== 'event' || !isJsonObject(frame.event)) continue
    const event = frame.event as unknown as ReceivedEvent
    if (seen.has(event.id)) continue
    seen.add(event.id)
    if (seen.size > REMEMBERED_IDS) seen.delete(seen.values().next().value!)
    since = event.occurred
    yield event
  }
}

/**
 * Log lines as they arrive. Live only: what was written while the connection was away has to be read by `filterLogs`. A
 * genuine server accepts the stream but sends nothing unless it was told to.
 */
export async function* streamLogs(client: ApiClient, filter: JsonObject = {}, options: StreamOptions = {}): AsyncGenerator<Log> {
  for await (const frame of frames(client, '/logs/out', () => ({ type: 'filter', filter }), options)) {
    if (frame.type === 'log' && isJsonObject(frame.log)) yield frame.log as unknown as Log
  }
}

async function* frames(
  client: ApiClient,
  path: string,
  filter: () => JsonObject,
  options: StreamOptions,
): AsyncGenerator<JsonObject> {
  const signal =
    options.signal && client.options.signal
      ? AbortSignal.any([options.signal, client.options.signal])
      : (options.signal ?? client.options.signal)
  for (let failedTries = 0; !signal?.aborted; ) {
    let close = () => {}
    try {
      const stream = await openStream(client, path, filter(), signal)
      close = stream.close
      options.onConnected?.()
      for await (const frame of stream.frames) {
        failedTries = 0
        yield frame
      }
    } catch (error) {
      if (signal?.aborted) return
      // Refused credentials and a refused filter stay refused; anything unknown is no fault of the connection.
      if (!isAedileError(error, 'api_unreachable') && !isAedileError(error, 'api_timeout')) throw error
      options.onDisconnected?.(error)
      failedTries++
      await pause(retryDelaySeconds(failedTries, null, Math.random), signal).catch(() => {})
    } finally {
      close()
    }
  }
}
