import { randomUUID } from 'node:crypto'
import { flowRunPolicy } from '@aedile/core/resources/flow-run'
import type { StateType } from '@aedile/core/states'
import { nowMicroseconds } from '@aedile/core/time'
import { createFlowRun, type NewFlowRun } from '../http/flow-runs/create-flow-run.ts'
import { type ClientFacts, parseVersion, SERVER_FACTS } from '../orchestration/client-facts.ts'
import { buildState, type StateDraft } from '../orchestration/run-state.ts'
import { setFlowRunState } from '../orchestration/set-flow-run-state.ts'
import type { DeploymentTable, FlowRunTable } from '../store/tables.ts'
import type { Workspace } from '../workspace.ts'

/** A genuine client of today. */
export const GENUINE: ClientFacts = { ...SERVER_FACTS, clientVersion: parseVersion('3.8.8'), apiVersion: parseVersion('0.8.4') }

/** A worker of ours, or its child, in this attempt. */
export const attemptClient = (key: string, workerName = 'worker-1'): ClientFacts => ({
  ...GENUINE,
  attemptHeader: key,
  workerName,
})

/** Inserts a flow and answers its id. */
export async function insertFlow({ store }: Workspace, name: string = randomUUID()): Promise<string> {
  const id = randomUUID()
  const row = { id, created: nowMicroseconds(), updated: nowMicroseconds(), name, tags: '[]', labels: '{}' }
  await store.write(({ db }) => db.insertInto('flow').values(row).execute())
  return id
}

/** Inserts a pool with its default queue. */
export async function insertPool({ store }: Workspace, columns: { name?: string; limit?: number | null } = {}) {
  const stored = () => ({ id: randomUUID(), created: nowMicroseconds(), updated: nowMicroseconds() })
  const name = columns.name ?? `pool-${randomUUID()}`
  const pool = {
    ...stored(),
    name,
    description: null,
    type: 'process',
    base_job_template: '{}',
    is_paused: 0 as const,
    concurrency_limit: columns.limit ?? null,
    status: 'NOT_READY',
    default_queue_id: null as string | null,
    storage_configuration: '{}',
  }
  const queue = buildQueue(pool.id, { name: 'default', priority: 1 })
  pool.default_queue_id = queue.id
  await store.write(async ({ db }) => {
    await db.insertInto('work_pool').values(pool).execute()
    await db.insertInto('work_queue').values(queue).execute()
  })
  return { pool, queue }
}

/** A queue's row. */
export function buildQueue(poolId: string, columns: { name: string; priority: number; limit?: number | null }) {
  return {
    id: randomUUID(),
    created: nowMicroseconds(),
    updated: nowMicroseconds(),
    work_pool_id: poolId,
    name: columns.name,
    description: null,
    is_paused: 0 as const,
    concurrency_limit: columns.limit ?? null,
    priority: columns.priority,
    filter: null,
    last_polled: null,
    status: 'NOT_READY',
  }
}

/** Inserts a deployment, with a limit on its runs at a time when asked. */
export async function insertDeployment(
  { store }: Workspace,
  flowId: string,
  options: { limit?: number; strategy?: 'ENQUEUE' | 'CANCEL_NEW'; queueId?: string } = {},
): Promise<{ id: string; limitId: string | null }> {
  const now = nowMicroseconds()
  const id = randomUUID()
  const limitId = options.limit === undefined ? null : randomUUID()
  const row: DeploymentTable = {
    id,
    created: now,
    updated: now,
    name: id,
    version: null,
    description: null,
    flow_id: flowId,
    paused: 0,
    concurrency_limit_id: limitId,
    concurrency_options: options.strategy ? JSON.stringify({ collision_strategy: options.strategy }) : null,
    job_variables: '{}',
    parameters: '{}',
    tags: '[]',
    labels: '{}',
    work_queue_id: options.queueId ?? null,
    work_queue_name: null,
    last_polled: null,
    parameter_openapi_schema: null,
    path: null,
    pull_steps: null,
    entrypoint: null,
    storage_document_id: null,
    infrastructure_document_id: null,
    created_by: null,
    updated_by: null,
    status: 'NOT_READY',
    enforce_parameter_schema: 1,
  }
  await store.write(async ({ db }) => {
    if (limitId !== null) {
      const limit = {
        id: limitId,
        created: now,
        updated: now,
        active: 1 as const,
        name: `deployment:${id}`,
        limit: options.limit!,
        active_slots: 0,
        denied_slots: 0,
        slot_decay_per_second: 0,
        avg_slot_occupancy_seconds: 2,
      }
      await db.insertInto('concurrency_limit').values(limit).execute()
    }
    await db.insertInto('deployment').values(row).execute()
  })
  return { id, limitId }
}

/** Makes a run and takes it through these states, forced. Without any it has no state. */
export async function insertRun(
  workspace: Workspace,
  flowId: string,
  run: Partial<Omit<NewFlowRun, 'flow_id'>> & { infrastructure_pid?: string | null; run_count?: number } = {},
  ...states: StateDraft[]
): Promise<string> {
  const { infrastructure_pid = null, run_count, ...fields } = run
  const [first, ...later] = states
  const policy = flowRunPolicy.parse({})
  const { id } = await workspace.store.write((transaction) =>
    createFlowRun(
      transaction,
      { empirical_policy: policy, ...fields, flow_id: flowId },
      buildState(first ?? { type: 'PENDING' }),
      SERVER_FACTS,
    ),
  )
  if (first === undefined) await clearState(workspace, id)
  for (const state of later) await setFlowRunState(workspace, { flowRunId: id, proposed: buildState(state), force: true })
  await workspace.store.write(async ({ db }) => {
    const changes = { infrastructure_pid, ...(run_count === undefined ? {} : { run_count }) }
    await db.updateTable('flow_run').set(changes).where('id', '=', id).execute()
  })
  return id
}

async function clearState({ store }: Workspace, id: string): Promise<void> {
  await store.write(async ({ db }) => {
    const none = { state_id: null, state_type: null, state_name: null, state_timestamp: null, expected_start_time: null }
    await db.updateTable('flow_run').set(none).where('id', '=', id).execute()
    await db.deleteFrom('flow_run_state').where('flow_run_id', '=', id).execute()
  })
}

/** Reads a run's row. */
export async function readRun({ store }: Workspace, id: string): Promise<FlowRunTable> {
  return store.db.selectFrom('flow_run').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

/** Proposes a state as a client does. */
export async function propose(
  workspace: Workspace,
  flowRunId: string,
  state: StateDraft | StateType,
  options: { client?: ClientFacts; force?: boolean } = {},
) {
  const draft = typeof state === 'string' ? { type: state } : state
  const answer = await setFlowRunState(workspace, { flowRunId, proposed: buildState(draft), client: GENUINE, ...options })
  return { ...answer, ...answer.result, reason: 'reason' in answer.result.details ? answer.result.details.reason : null }
}
