import { randomUUID } from 'node:crypto'
import type { Log, logCreate } from '@aedile/core/resources/log'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import { sql } from 'kysely'
import type { z } from 'zod'
import { chunksOf } from '../../store/queries/chunks.ts'
import { toMicroseconds } from '../../store/queries/filters/condition.ts'
import { hearChildren } from '../../store/queries/hear-children.ts'
import type { Transaction } from '../../store/store.ts'
import type { LogTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'

type NewLog = z.output<typeof logCreate>

/** Stores log lines in one unit of work, numbers them within their flow run, and tells the live streams. */
export async function writeLogs(workspace: Workspace, lines: readonly NewLog[], bytes: number): Promise<void> {
  if (lines.length === 0) return
  await workspace.store.write(
    async (transaction) => {
      const rows = await numberLines(transaction, lines)
      for (const part of chunksOf(rows, 9)) await transaction.db.insertInto('log').values(part).execute()
      await hearChildren(transaction, flowRunsOf(lines))
      if (workspace.changes.listenerCount('logs') === 0) return
      transaction.afterCommit(() => workspace.changes.emit('logs', rows.map(toLog)))
    },
    { bytes },
  )
}

/** The document of a log line. */
export function toLog(row: LogTable): Log {
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

async function numberLines(transaction: Transaction, lines: readonly NewLog[]): Promise<LogTable[]> {
  const created = nowMicroseconds()
  const next = await takeNumbers(transaction, lines)
  return lines.map((line, index) => {
    const flow_run_id = line.flow_run_id ?? null
    const sequence = flow_run_id === null ? 0 : next.get(flow_run_id)!
    if (flow_run_id !== null) next.set(flow_run_id, sequence + 1)
    return {
      id: newLogId(created, index),
      created,
      name: withoutNul(line.name),
      level: line.level,
      message: withoutNul(line.message),
      timestamp: toMicroseconds(line.timestamp),
      flow_run_id,
      task_run_id: line.task_run_id ?? null,
      sequence,
    }
  })
}

/** Takes as many numbers as there are lines, and answers the first of each flow run. */
async function takeNumbers({ db }: Transaction, lines: readonly NewLog[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const { flow_run_id } of lines) if (flow_run_id) counts.set(flow_run_id, (counts.get(flow_run_id) ?? 0) + 1)
  if (counts.size === 0) return new Map()
  // Always in the same order, so that two servers do not wait for each other in a circle.
  const rows = [...counts].sort(([one], [other]) => (one < other ? -1 : 1)).map(([flow_run_id, last]) => ({ flow_run_id, last }))
  const taken = await db
    .insertInto('log_counter')
    .values(rows)
    .onConflict((conflict) => conflict.column('flow_run_id').doUpdateSet({ last: sql`log_counter.last + excluded.last` }))
    .returning(['flow_run_id', 'last'])
    .execute()
  return new Map(taken.map(({ flow_run_id, last }) => [flow_run_id, last - counts.get(flow_run_id)! + 1]))
}

function flowRunsOf(lines: readonly NewLog[]): string[] {
  return [...new Set(lines.map(({ flow_run_id }) => flow_run_id).filter((id) => id != null))]
}

/** Postgres refuses the character NUL in text; genuine servers strip it too. */
function withoutNul(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '') : text
}

/** A UUIDv7 of the batch's millisecond whose next bits are the line's place, so that ids keep the order of the lines. */
function newLogId(created: number, index: number): string {
  const milliseconds = Math.floor(created / 1000)
    .toString(16)
    .padStart(12, '0')
  const place = (index & 0xfff).toString(16).padStart(3, '0')
  return `${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-7${place}-${randomUUID().slice(19)}`
}
