import { uuid7 } from '@aedile/core/client/uuid7'
import type { JsonObject } from '@aedile/core/json'
import { makeRandomName } from '@aedile/core/random-name'
import type { Creator, FlowRunPolicy } from '@aedile/core/resources/flow-run'
import { nowMicroseconds } from '@aedile/core/time'
import type { ClientFacts } from '../../orchestration/client-facts.ts'
import type { RunState } from '../../orchestration/run-state.ts'
import { insertFlowRunWithState } from '../../orchestration/set-flow-run-state.ts'
import type { Transaction } from '../../store/store.ts'
import type { FlowRunTable } from '../../store/tables.ts'
import { withNumberText } from '../number-text.ts'

/** A flow run to be made. Labels, tags and parameters are complete; what is left out is empty. */
export type NewFlowRun = {
  flow_id: string
  name?: string | null
  deployment_id?: string | null
  deployment_version?: string | null
  work_queue_id?: string | null
  work_queue_name?: string | null
  flow_version?: string | null
  parameters?: JsonObject
  idempotency_key?: string | null
  context?: JsonObject
  empirical_policy: FlowRunPolicy
  tags?: string[]
  labels?: Record<string, string | number | boolean>
  parent_task_run_id?: string | null
  infrastructure_document_id?: string | null
  job_variables?: JsonObject | null
  created_by?: Creator | null
}

/**
 * Makes a flow run with its first state, which passes the minimal policy only. A run of the same flow and idempotency key
 * is left as it is, and its id answered. Source: WC 6.3.
 */
export async function createFlowRun(
  transaction: Transaction,
  run: NewFlowRun,
  state: RunState,
  client: ClientFacts,
): Promise<CreatedFlowRun> {
  const row = toRow(run)
  const first = await insertFlowRunWithState(transaction, row, { proposed: state, client })
  if (first === null) return { id: await readExisting(transaction, row), created: false }
  return { id: row.id, created: true, row: { ...row, updated: first.timestamp }, state: first }
}

/** A run that was made, as it is stored, or the id of the one that was there. */
export type CreatedFlowRun = { id: string; created: true; row: FlowRunTable; state: RunState } | { id: string; created: false }

async function readExisting({ db }: Transaction, row: FlowRunTable): Promise<string> {
  const existing = await db
    .selectFrom('flow_run')
    .select('id')
    .where('flow_id', '=', row.flow_id)
    .where('idempotency_key', '=', row.idempotency_key)
    .executeTakeFirstOrThrow()
  return existing.id
}

/** A complete row of a run without a state. */
export function toRow(run: NewFlowRun): FlowRunTable {
  const now = nowMicroseconds()
  return {
    id: uuid7(),
    created: now,
    updated: now,
    name: run.name || makeRandomName(),
    flow_id: run.flow_id,
    deployment_id: run.deployment_id ?? null,
    deployment_version: run.deployment_version ?? null,
    work_queue_id: run.work_queue_id ?? null,
    work_queue_name: run.work_queue_name ?? null,
    flow_version: run.flow_version ?? null,
    parameters: JSON.stringify(run.parameters ?? {}),
    idempotency_key: run.idempotency_key ?? null,
    context: JSON.stringify(run.context ?? {}),
    empirical_policy: JSON.stringify(run.empirical_policy),
    retry_type: run.empirical_policy.retry_type,
    tags: JSON.stringify(run.tags ?? []),
    labels: JSON.stringify(run.labels ?? {}),
    parent_task_run_id: run.parent_task_run_id ?? null,
    state_id: null,
    state_type: null,
    state_name: null,
    state_timestamp: null,
    run_count: 0,
    expected_start_time: null,
    next_scheduled_start_time: null,
    start_time: null,
    end_time: null,
    total_run_time: 0,
    auto_scheduled: 0,
    infrastructure_document_id: run.infrastructure_document_id ?? null,
    infrastructure_pid: null,
    created_by: run.created_by == null ? null : JSON.stringify(run.created_by),
    job_variables: run.job_variables == null ? null : JSON.stringify(withNumberText(run.job_variables)),
    attempt_key: null,
    lapses: 0,
    child_heard_at: null,
    infrastructure_status: null,
  }
}
