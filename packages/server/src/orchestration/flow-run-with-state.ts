import { sql as rawSql } from 'kysely'
import type { DatabaseKind } from '../store/kysely.ts'
import { builders, listIds, textOf } from '../store/row-statements.ts'
import type { TentativeStatement, Transaction } from '../store/store.ts'
import type { FlowRunTable, StateTable } from '../store/tables.ts'
import { type RunState, stateOfRow } from './run-state.ts'

const STATE_COLUMNS = ['id', 'timestamp', 'type', 'name', 'message', 'state_details', 'data'] as const

/** A flow run as it was read to be changed. `version` tells whether it is still so, where no lock says it. */
export type HeldFlowRun = { run: FlowRunTable; state: RunState | null; version: string | null }

/** Reads a flow run under a lock, with its state, by one statement; null when there is no such run. Tentative units get its version. */
export async function lockFlowRunWithState(
  { kind, execute }: Pick<Transaction, 'kind' | 'execute'>,
  id: string,
): Promise<HeldFlowRun | null> {
  const one = textOf(`${kind} lock flow_run with state`, () => {
    const query = selectWithState(kind).where('flow_run.id', '=', id)
    return kind === 'postgres' ? query.forUpdate('flow_run') : query
  })
  const [row] = await execute<LockedRow>({ sql: one, parameters: [id], tentative: readTentatively(id) })
  return row === undefined ? null : separate(row)
}

function selectWithState(kind: DatabaseKind) {
  return builders[kind]
    .selectFrom('flow_run')
    .leftJoin('flow_run_state as present', 'present.id', 'flow_run.state_id')
    .selectAll('flow_run')
    .select(STATE_COLUMNS.map((column) => `present.${column} as present_${column}` as const))
}

function readTentatively(id: string): TentativeStatement {
  const sql = textOf('read flow_runs with state', () =>
    selectWithState('postgres')
      // Postgres gives a row another xmin whenever it is written.
      .select(rawSql<string>`flow_run.xmin::text`.as('present_version'))
      .where(rawSql<boolean>`flow_run.id = any($1::uuid[])`),
  )
  return { writes: false, sql, item: { id }, toParameters: listIds }
}

type LockedRow = FlowRunTable & { present_version?: string } & {
  [Column in (typeof STATE_COLUMNS)[number] as `present_${Column}`]: StateTable[Column] | null
}

function separate(row: LockedRow): HeldFlowRun {
  const {
    present_version: version = null,
    present_id: id,
    present_timestamp: timestamp,
    present_type: type,
    present_name: name,
    present_message: message,
    present_state_details: state_details,
    present_data: data,
    ...run
  } = row
  if (id === null) return { run, state: null, version }
  // A state is there whole: its columns are null only where there is none.
  const state = { id, timestamp: timestamp!, type: type!, name: name!, message, state_details: state_details!, data }
  return { run, state: stateOfRow(state), version }
}

/** A run of which nothing but a guarded write may follow: it may have changed since. */
export function recallFlowRun({ memory }: Transaction, id: string): HeldFlowRun | null {
  return memory?.get<HeldFlowRun>(id) ?? null
}

/** Larger runs are read again. */
const MOST_CHARACTERS = 4000

/** Remembers a run as a tentative unit wrote it, once it is committed. */
export function rememberFlowRun(transaction: Transaction, { run, state, version }: HeldFlowRun): void {
  const { memory } = transaction
  if (memory === undefined || version === null) return
  const characters = run.parameters.length + run.context.length + (run.job_variables?.length ?? 0)
  if (characters > MOST_CHARACTERS) return
  // Data that a state keeps is an artifact, which tentative units do not write; other data is not stored.
  const stored = state && { ...state, state_details: { ...state.state_details }, data: null }
  transaction.afterCommit(() => memory.remember(run.id, { run, state: stored, version } satisfies HeldFlowRun))
}
