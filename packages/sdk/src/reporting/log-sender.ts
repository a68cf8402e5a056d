import type { ApiClient } from '@aedile/core/client/client'
import { sendLogs } from '@aedile/core/client/logs'
import type { LogCreate } from '@aedile/core/resources/log'
import { Batcher } from './batcher.ts'

/** How lines are collected. A batch may have 3 MB by default: the API takes 4 MB, and one line may come on top. */
export type LogBatches = { delaySeconds: number; maxBatchBytes: number; maxLineBytes: number }

const TRUNCATED = '... [truncated]'
/** Field names, ids and quotes around a message. */
const LINE_OVERHEAD_BYTES = 300

/** Sends log lines to the API beside the flow. Lines that cannot be sent are told on stderr and dropped: logs fail no flow. */
export class LogSender {
  readonly #batcher: Batcher<LogCreate>
  readonly #maxLineBytes: number

  constructor(client: ApiClient, batches: LogBatches, tell: (sentence: string) => void) {
    this.#maxLineBytes = batches.maxLineBytes
    this.#batcher = new Batcher({
      delaySeconds: batches.delaySeconds,
      maxItems: 10_000,
      maxBytes: batches.maxBatchBytes,
      bytesOf: (line) => Buffer.byteLength(line.message) + LINE_OVERHEAD_BYTES,
      send: (lines) => sendLogs(client, lines),
      onFailed: (lines, error) => tell(`${lines.length} log line(s) could not be sent and are dropped: ${String(error)}`),
    })
  }

  add(line: LogCreate): void {
    const message = truncate(line.message.replaceAll('\0', ''), this.#maxLineBytes)
    this.#batcher.add({ ...line, message })
  }

  flush(): Promise<void> {
    return this.#batcher.flush()
  }
}

function truncate(message: string, maxBytes: number): string {
  if (Buffer.byteLength(message) <= maxBytes) return message
  // Cut by bytes; a character that was cut in two is left out.
  const kept = Buffer.from(message).subarray(0, maxBytes - TRUNCATED.length)
  return kept.toString('utf8').replace(/\uFFFD+$/, '') + TRUNCATED
}
