import type { NewLogLine } from './append-logs.ts'
import { hearingText } from './queries/hear-children.ts'
import type { Transaction } from './store.ts'

/** The lines of one unit of work, among those of others. */
type Item = { id: string; lines: readonly NewLogLine[] }

/**
 * Everything about lines in one statement of Postgres: it raises the counters of their runs, stores them and hears of the
 * runs. As the write of a tentative unit it serves many at once; it answers each item's id.
 */
export async function appendLogsTogether({ execute }: Transaction, lines: readonly NewLogLine[]): Promise<void> {
  const item: Item = { id: newItemId(), lines }
  const parameters = toParameters([item])
  await execute({ sql: APPEND, parameters, tentative: { writes: true, sql: APPEND, item, toParameters } })
}

/** Counters are locked in the order of their runs, or two batches with the same runs could wait for each other. */
const APPEND = `with raised as (
    insert into log_counter (flow_run_id, last)
    select run, lines from unnest($2::uuid[], $3::bigint[]) as counted(run, lines) order by run
    on conflict (flow_run_id) do update set last = log_counter.last + excluded.last
    returning flow_run_id, last
  ), stored as (
    insert into log (id, created, name, level, message, timestamp, flow_run_id, task_run_id, sequence)
    select id, created, name, level, message, timestamp, flow_run_id, task_run_id,
      coalesce((select array_agg(last order by flow_run_id) from raised)[run] - after, 0)
    from json_to_recordset($1::json) as given(id uuid, created bigint, name text, level bigint, message text,
      timestamp bigint, flow_run_id uuid, task_run_id uuid, run int, after bigint)
  ), heard as (${hearingText('$2::uuid[]')})
  select unnest($4::text[]) as id`

function toParameters(items: readonly unknown[]): unknown[] {
  const given = items as readonly Item[]
  const counts = new Map<string, number>()
  for (const { lines } of given)
    for (const { flow_run_id: run } of lines) if (run !== null) counts.set(run, (counts.get(run) ?? 0) + 1)
  const runs = [...counts.keys()].sort()
  const places = new Map(runs.map((run, index) => [run, index + 1]))
  const left = new Map(counts)
  const rows: object[] = []
  for (const { lines } of given) {
    for (const line of lines) {
      const run = line.flow_run_id
      if (run === null) {
        rows.push(line)
        continue
      }
      /** How many lines of the run come after this one. */
      const after = left.get(run)! - 1
      left.set(run, after)
      rows.push({ ...line, run: places.get(run), after })
    }
  }
  return [JSON.stringify(rows), runs, runs.map((run) => counts.get(run)!), given.map(({ id }) => id)]
}

let items = 0

/** Items are sorted by their ids, and keep the order in which they came. */
function newItemId(): string {
  return String(++items).padStart(16, '0')
}
