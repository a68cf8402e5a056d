import type { Kysely } from 'kysely'
import type { Database, FlowRunTable, StateTable } from '../../store/tables.ts'

/** A flow run with its state, its queue and its pool, as answers need it. */
export type FlowRunRow = FlowRunTable & {
  shown_queue_name: string | null
  shown_pool_id: string | null
  shown_pool_name: string | null
  shown_state_id: string | null
  shown_state_timestamp: number | null
  shown_state_type: string | null
  shown_state_name: string | null
  shown_state_message: string | null
  shown_state_details: string | null
  shown_state_data: string | null
}

/** Starts a query for flow runs. The joined tables have names of their own, so filters on the tables stay clear. */
export function selectFlowRuns(db: Kysely<Database>) {
  return db
    .selectFrom('flow_run')
    .leftJoin('work_queue as shown_queue', 'shown_queue.id', 'flow_run.work_queue_id')
    .leftJoin('work_pool as shown_pool', 'shown_pool.id', 'shown_queue.work_pool_id')
    .leftJoin('flow_run_state as shown_state', 'shown_state.id', 'flow_run.state_id')
    .selectAll('flow_run')
    .select([
      'shown_queue.name as shown_queue_name',
      'shown_pool.id as shown_pool_id',
      'shown_pool.name as shown_pool_name',
      'shown_state.id as shown_state_id',
      'shown_state.timestamp as shown_state_timestamp',
      'shown_state.type as shown_state_type',
      'shown_state.name as shown_state_name',
      'shown_state.message as shown_state_message',
      'shown_state.state_details as shown_state_details',
      'shown_state.data as shown_state_data',
    ])
}

/** The columns of a shown state as a stored state, or null. */
export function shownState(row: ShownState): Omit<StateTable, 'result_artifact_id'> | null {
  if (row.shown_state_id === null) return null
  return {
    id: row.shown_state_id,
    timestamp: row.shown_state_timestamp!,
    type: row.shown_state_type!,
    name: row.shown_state_name!,
    message: row.shown_state_message,
    state_details: row.shown_state_details!,
    data: row.shown_state_data,
  }
}

/** The columns of the state that a run is shown with. */
export type ShownState = Pick<
  FlowRunRow,
  | 'shown_state_id'
  | 'shown_state_timestamp'
  | 'shown_state_type'
  | 'shown_state_name'
  | 'shown_state_message'
  | 'shown_state_details'
  | 'shown_state_data'
>
