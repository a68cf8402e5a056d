import { appendLogsTogether } from './append-logs-together.ts'
import type { ColumnKind } from './column-kinds.ts'
import { insertRows, toStorableText } from './insert-rows.ts'
import { hearChildren } from './queries/hear-children.ts'
import type { Transaction } from './store.ts'
import type { LogTable } from './tables.ts'

export type NewLogLine = Omit<LogTable, 'sequence'>

const columns = {
  id: 'uuid',
  created: 'bigint',
  name: 'text',
  level: 'bigint',
  message: 'text',
  timestamp: 'bigint',
  flow_run_id: 'uuid',
  task_run_id: 'uuid',
  sequence: 'bigint',
} satisfies Record<keyof LogTable, ColumnKind>

/**
 * Stores lines and gives each its place among the lines of its flow run: 1, 2, 3, ... without a gap, in the order given.
 * The counter's row stays locked until the commit, so lines become visible in the order of their places also when
 * several servers write to one run: who has seen line n has seen all before it. Lines of no flow run have place 0.
 * The children of the runs count as heard.
 * @returns the lines as stored.
 */
export async function appendLogs(transaction: Transaction, lines: readonly NewLogLine[]): Promise<NewLogLine[]> {
  if (lines.length === 0) return []
  const storable = lines.map((line) => ({ ...line, name: toStorableText(line.name), message: toStorableText(line.message) }))
  if (transaction.kind === 'postgres') {
    await appendLogsTogether(transaction, storable)
    return storable
  }
  const next = await takePlaces(transaction, storable)
  const rows = storable.map((line) => ({
    ...line,
    sequence: line.flow_run_id === null ? 0 : advance(next, line.flow_run_id),
  }))
  await insertRows(transaction, 'log', columns, rows)
  await hearChildren(transaction, [...next.keys()])
  return rows
}

/** Raises the counters of all runs that have lines here, and returns the first free place of each. */
async function takePlaces(transaction: Transaction, lines: readonly NewLogLine[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const { flow_run_id: run } of lines) if (run !== null) counts.set(run, (counts.get(run) ?? 0) + 1)
  if (counts.size === 0) return counts
  const rows = [...counts].map(([run, count]) => ({ flow_run_id: run, last: count }))
  const raised = await insertRows<{ flow_run_id: string; last: number }>(
    transaction,
    'log_counter',
    { flow_run_id: 'uuid', last: 'bigint' },
    rows,
    'on conflict (flow_run_id) do update set last = log_counter.last + excluded.last returning flow_run_id, last',
  )
  return new Map(raised.map(({ flow_run_id, last }) => [flow_run_id, last - counts.get(flow_run_id)! + 1]))
}

function advance(next: Map<string, number>, run: string): number {
  const place = next.get(run)!
  next.set(run, place + 1)
  return place
}
