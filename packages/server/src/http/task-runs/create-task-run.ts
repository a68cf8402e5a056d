import { randomUUID } from 'node:crypto'
import type { taskRunCreate } from '@aedile/core/resources/task-run'
import { nowMicroseconds, parseTimestamp } from '@aedile/core/time'
import type { z } from 'zod'
import type { ClientFacts } from '../../orchestration/client-facts.ts'
import type { RunState } from '../../orchestration/run-state.ts'
import { changeTaskRunState } from '../../orchestration/set-task-run-state.ts'
import type { Transaction } from '../../store/store.ts'
import type { TaskRunTable } from '../../store/tables.ts'

type Body = z.output<typeof taskRunCreate>

/** Makes a task run with its first state. One of the same flow run, task key and dynamic key is left as it is. */
export async function createTaskRun(
  transaction: Transaction,
  body: Body,
  state: RunState,
  client: ClientFacts,
): Promise<{ id: string; created: boolean }> {
  const existing = await findByNaturalKey(transaction, body)
  if (existing !== undefined) return { id: existing.id, created: false }
  const row = await toRow(transaction, body)
  const inserted = await transaction.db
    .insertInto('task_run')
    .values(row)
    .onConflict((conflict) => conflict.columns(['flow_run_id', 'task_key', 'dynamic_key']).doNothing())
    .returning('id')
    .executeTakeFirst()
  if (inserted === undefined) return { id: (await findByNaturalKey(transaction, body))!.id, created: false }
  await changeTaskRunState(transaction, { taskRunId: row.id, proposed: state, force: true, client })
  return { id: row.id, created: true }
}

/** Without a flow run the key is (null, task_key, dynamic_key), which no unique index sees as one. Source: WC 6.4. */
function findByNaturalKey({ db }: Transaction, { flow_run_id, task_key, dynamic_key }: Body) {
  const runs = db.selectFrom('task_run').select('id').where('task_key', '=', task_key).where('dynamic_key', '=', dynamic_key)
  const ofFlow = flow_run_id ? runs.where('flow_run_id', '=', flow_run_id) : runs.where('flow_run_id', 'is', null)
  return ofFlow.executeTakeFirst()
}

async function toRow(transaction: Transaction, body: Body): Promise<TaskRunTable> {
  const now = nowMicroseconds()
  return {
    id: body.id ?? randomUUID(),
    created: now,
    updated: now,
    name: body.name || `${body.task_key.split('.').at(-1)}-${body.dynamic_key}`,
    flow_run_id: body.flow_run_id ?? null,
    task_key: body.task_key,
    dynamic_key: body.dynamic_key,
    cache_key: body.cache_key ?? null,
    cache_expiration: parseTimestamp(body.cache_expiration ?? null),
    task_version: body.task_version ?? null,
    empirical_policy: JSON.stringify(body.empirical_policy),
    tags: JSON.stringify(body.tags),
    labels: JSON.stringify({ ...(await readFlowRunLabels(transaction, body.flow_run_id)), ...body.labels }),
    task_inputs: JSON.stringify(body.task_inputs),
    state_id: null,
    state_type: null,
    state_name: null,
    state_timestamp: null,
    run_count: 0,
    flow_run_run_count: 0,
    expected_start_time: null,
    next_scheduled_start_time: null,
    start_time: null,
    end_time: null,
    total_run_time: 0,
  }
}

async function readFlowRunLabels({ db }: Transaction, id: string | null | undefined): Promise<Record<string, unknown>> {
  if (!id) return {}
  const run = await db.selectFrom('flow_run').select('labels').where('id', '=', id).executeTakeFirst()
  return { ...(run ? JSON.parse(run.labels) : {}), 'prefect.flow-run.id': id }
}
