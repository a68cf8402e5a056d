import { randomUUID } from 'node:crypto'
import type { Log, logCreate } from '@aedile/core/resources/log'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import type { z } from 'zod'
import type { Changes } from '../../changes.ts'
import { appendLogs, type NewLogLine } from '../append-logs.ts'
import type { Transaction } from '../store.ts'
import { toMicroseconds } from './filters/condition.ts'

/** A log line as a client sends it, checked. */
export type NewLog = z.output<typeof logCreate>

/** Appends log lines, numbered within their flow run, and tells the live streams after the commit. */
export async function appendLines(transaction: Transaction, changes: Changes, lines: readonly NewLog[]): Promise<void> {
  if (lines.length === 0) return
  const created = nowMicroseconds()
  const ids = newLogIds(created)
  const rows = await appendLogs(
    transaction,
    lines.map((line) => toLine(line, created, ids())),
  )
  if (changes.listenerCount('logs') === 0) return
  transaction.afterCommit(() => changes.emit('logs', rows.map(toLog)))
}

/** The document of a log line. */
export function toLog(row: NewLogLine): Log {
  const created = formatTimestamp(row.created)
  return {
    id: row.id,
    created,
    updated: created,
    name: row.name,
    level: row.level,
    message: row.message,
    timestamp: formatTimestamp(row.timestamp),
    flow_run_id: row.flow_run_id,
    task_run_id: row.task_run_id,
  }
}

function toLine(line: NewLog, created: number, id: string): NewLogLine {
  return {
    id,
    created,
    name: withoutNul(line.name),
    level: line.level,
    message: withoutNul(line.message),
    timestamp: toMicroseconds(line.timestamp),
    flow_run_id: line.flow_run_id ?? null,
    task_run_id: line.task_run_id ?? null,
  }
}

/** Postgres refuses the character NUL in text; genuine servers strip it too. */
function withoutNul(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '') : text
}

/** Makes UUIDv7s of the batch's millisecond whose next bits are the line's place, so that ids keep the order of the lines. */
function newLogIds(created: number): () => string {
  const milliseconds = Math.floor(created / 1000)
    .toString(16)
    .padStart(12, '0')
  const start = `${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-7`
  let place = 0
  let end = ''
  return () => {
    // Twelve bits of place tell the lines of one end apart.
    if (place % 0x1000 === 0) end = randomUUID().slice(18)
    return `${start}${(place++ & 0xfff).toString(16).padStart(3, '0')}${end}`
  }
}
