import type { JsonObject } from '@aedile/core/json'
import { parseJsonKeepingNumbers } from '@aedile/core/python-text'
import { concurrencyOptions, type Deployment, deployment as deploymentSchema } from '@aedile/core/resources/deployment'
import { type DeploymentSchedule, schedule } from '@aedile/core/resources/schedule'
import { formatTimestamp } from '@aedile/core/time'
import type { Kysely } from 'kysely'
import type { Database, DeploymentScheduleTable, DeploymentTable } from '../../store/tables.ts'
import { describeUnknownVariables } from '../../validation/unknown-variables.ts'
import { toGlobalLimit } from '../concurrency-limits/limit-document.ts'

/** Completes rows to documents: with their schedules, limit, queue and pool. Source: WC 6.4. */
export async function loadDeployments(db: Kysely<Database>, rows: readonly DeploymentTable[]): Promise<Deployment[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const [schedules, limits, queues] = await Promise.all([
    db
      .selectFrom('deployment_schedule')
      .selectAll()
      .where('deployment_id', 'in', ids)
      .orderBy('updated', 'desc')
      .orderBy('id')
      .execute(),
    readLimits(db, rows),
    readQueues(db, rows),
  ])
  return rows.map((row) => {
    const queue = row.work_queue_id === null ? undefined : queues.get(row.work_queue_id)
    return {
      id: row.id,
      created: formatTimestamp(row.created),
      updated: formatTimestamp(row.updated),
      name: row.name,
      version: row.version,
      description: row.description,
      flow_id: row.flow_id,
      paused: row.paused === 1,
      schedules: schedules.filter(({ deployment_id }) => deployment_id === row.id).map(toSchedule),
      // Superseded by the global limit beside it, and always null.
      concurrency_limit: null,
      global_concurrency_limit: row.concurrency_limit_id === null ? null : (limits.get(row.concurrency_limit_id) ?? null),
      concurrency_options: parseOptions(row.concurrency_options),
      job_variables: parseJsonKeepingNumbers(row.job_variables) as JsonObject,
      parameters: JSON.parse(row.parameters),
      tags: JSON.parse(row.tags),
      labels: JSON.parse(row.labels),
      work_queue_name: queue?.name ?? row.work_queue_name,
      work_queue_id: row.work_queue_id,
      last_polled: row.last_polled === null ? null : formatTimestamp(row.last_polled),
      parameter_openapi_schema: parseOrNull(row.parameter_openapi_schema),
      path: row.path,
      pull_steps: parseOrNull(row.pull_steps),
      entrypoint: row.entrypoint,
      storage_document_id: row.storage_document_id,
      infrastructure_document_id: row.infrastructure_document_id,
      created_by: parseOrNull(row.created_by),
      updated_by: parseOrNull(row.updated_by),
      work_pool_name: queue?.pool ?? null,
      status: deploymentSchema.shape.status.parse(row.status),
      enforce_parameter_schema: row.enforce_parameter_schema === 1,
    }
  })
}

/** One deployment, with the job variables named that its pool does not know. */
export async function loadDeployment(db: Kysely<Database>, row: DeploymentTable): Promise<Deployment> {
  const [deployment] = await loadDeployments(db, [row])
  return { ...deployment!, ...(await describeUnknownVariables(db, row.work_queue_id, deployment!.job_variables)) }
}

/** A schedule of a deployment as answers carry it. */
export function toSchedule(row: DeploymentScheduleTable): DeploymentSchedule {
  return {
    id: row.id,
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
    deployment_id: row.deployment_id,
    schedule: schedule.parse(JSON.parse(row.schedule)),
    active: row.active === 1,
    max_scheduled_runs: row.max_scheduled_runs,
    parameters: JSON.parse(row.parameters),
    slug: row.slug,
  }
}

async function readLimits(db: Kysely<Database>, rows: readonly DeploymentTable[]) {
  const ids = present(rows.map(({ concurrency_limit_id }) => concurrency_limit_id))
  const limits = ids.length === 0 ? [] : await db.selectFrom('concurrency_limit').selectAll().where('id', 'in', ids).execute()
  return new Map(limits.map((limit) => [limit.id, toGlobalLimit(limit)]))
}

async function readQueues(db: Kysely<Database>, rows: readonly DeploymentTable[]) {
  const ids = present(rows.map(({ work_queue_id }) => work_queue_id))
  if (ids.length === 0) return new Map<string, { name: string; pool: string }>()
  const queues = await db
    .selectFrom('work_queue')
    .innerJoin('work_pool', 'work_pool.id', 'work_queue.work_pool_id')
    .select(['work_queue.id', 'work_queue.name', 'work_pool.name as pool'])
    .where('work_queue.id', 'in', ids)
    .execute()
  return new Map(queues.map((queue) => [queue.id, queue]))
}

function present(ids: readonly (string | null)[]): string[] {
  return [...new Set(ids.filter((id) => id !== null))]
}

function parseOptions(text: string | null) {
  return text === null ? null : concurrencyOptions.parse(JSON.parse(text))
}

function parseOrNull(text: string | null) {
  return text === null ? null : JSON.parse(text)
}
