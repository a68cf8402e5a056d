import { STATE_COLUMNS } from './documents.ts'
import type { Row } from './rows.ts'

/** Which runs are to be read: some by id, or the newest in a state since a time. */
type RunFilter = { ids: string[] } | { type: string; since: number; limit: number }
type StoredEvents = { events: Row[]; resources: Row[] }

/** What the tables can do with nothing in between. Every promise of a write settles after its commit. */
export type BareStore = {
  insert(table: 'flow' | 'work_pool' | 'work_queue', row: Row): Promise<void>
  insertRun(run: Row, state: Row): Promise<void>
  changeState(state: Row): Promise<void>
  appendLines(rows: Row[]): Promise<void>
  appendEvents(rows: StoredEvents): Promise<void>
  readRuns(filter: RunFilter): Promise<Row[]>
  readQueue(queueId: string, before: number, limit: number): Promise<Row[]>
  readEvents(resourceId: string, limit: number): Promise<{ total: number; rows: Row[] }>
  listPools(): Promise<Row[]>
  close(): Promise<void>
}

/** A run with its state beside it, the state's columns under `s_`. */
export const SELECT_RUNS = `select r.*, ${STATE_COLUMNS.map((column) => `s.${column} as s_${column}`).join(', ')}
  from flow_run r`
export const JOIN_STATE = 'join flow_run_state s on s.id = r.state_id'
/** What the API means by the start of a run, in a filter and an order: Aedile's tables have an index on it. */
export const SHOWN_START = 'coalesce(r.start_time, r.expected_start_time)'
