import type { RelatedFilters } from '@aedile/core/filters/related'
import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely'
import { type Condition, combine, type DatabaseKind, isOneOf } from './filters/condition.ts'
import { deploymentCondition } from './filters/deployment.ts'
import { flowCondition } from './filters/flow.ts'
import { flowRunCondition } from './filters/flow-run.ts'
import { taskRunCondition } from './filters/task-run.ts'
import { workPoolCondition } from './filters/work-pool.ts'
import { workQueueCondition } from './filters/work-queue.ts'

/**
 * The generic search: filters for several kinds of objects, joined by EXISTS. Who matches whom is as in genuine servers:
 * two filters behind one relation must be met by one and the same related object. Source: WC 6.5.
 */
type Filterable<Query> = { where(condition: Expression<SqlBool>): Query }

/** Restricts a query on `flow_run`. */
export function applyFlowRunFilters<Query extends Filterable<Query>>(query: Query, filters: RelatedFilters, kind: DatabaseKind) {
  return query.where(relatedFlowRunCondition(filters, kind))
}

/** Restricts a query on `flow`. */
export function applyFlowFilters<Query extends Filterable<Query>>(query: Query, filters: RelatedFilters, kind: DatabaseKind) {
  return query.where(relatedFlowCondition(filters, kind))
}

/** Restricts a query on `task_run`. */
export function applyTaskRunFilters<Query extends Filterable<Query>>(query: Query, filters: RelatedFilters, kind: DatabaseKind) {
  return query.where(relatedTaskRunCondition(filters, kind))
}

/** Restricts a query on `deployment`. */
export function applyDeploymentFilters<Query extends Filterable<Query>>(
  query: Query,
  filters: RelatedFilters,
  kind: DatabaseKind,
) {
  return query.where(relatedDeploymentCondition(filters, kind))
}

/** Restricts a query on `artifact` or `artifact_collection` by what belongs to the artifact's runs. */
export function applyArtifactFilters<Query extends Filterable<Query>>(
  query: Query,
  table: 'artifact' | 'artifact_collection',
  filters: RelatedFilters,
  kind: DatabaseKind,
) {
  return query.where(relatedArtifactCondition(table, filters, kind))
}

function relatedFlowRunCondition(filters: RelatedFilters, kind: DatabaseKind): Condition {
  const own = conditionsOf(filters, kind)
  return combine('and_', [
    own.flow_runs,
    own.deployments && exists(sql`deployment where deployment.id = flow_run.deployment_id`, own.deployments),
    own.work_pools &&
      exists(
        sql`work_queue join work_pool on work_pool.id = work_queue.work_pool_id where work_queue.id = flow_run.work_queue_id`,
        own.work_pools,
      ),
    own.work_pool_queues && exists(sql`work_queue where work_queue.id = flow_run.work_queue_id`, own.work_pool_queues),
    own.flows && exists(sql`flow where flow.id = flow_run.flow_id`, own.flows),
    own.task_runs && exists(sql`task_run where task_run.flow_run_id = flow_run.id`, own.task_runs),
  ])
}

function relatedFlowCondition(filters: RelatedFilters, kind: DatabaseKind): Condition {
  const own = conditionsOf(filters, kind)
  return combine('and_', [
    own.flows,
    own.work_pools || own.work_pool_queues
      ? exists(
          sql`deployment join work_queue on work_queue.id = deployment.work_queue_id
              join work_pool on work_pool.id = work_queue.work_pool_id where deployment.flow_id = flow.id`,
          own.deployments,
          own.work_pools,
          own.work_pool_queues,
        )
      : own.deployments && exists(sql`deployment where deployment.flow_id = flow.id`, own.deployments),
    runOf(sql`flow_run.flow_id = flow.id`, own),
  ])
}

function relatedDeploymentCondition(filters: RelatedFilters, kind: DatabaseKind): Condition {
  const own = conditionsOf(filters, kind)
  return combine('and_', [
    own.deployments,
    own.flows && exists(sql`flow where flow.id = deployment.flow_id`, own.flows),
    runOf(sql`flow_run.deployment_id = deployment.id`, own),
    own.work_pools
      ? exists(
          sql`work_queue join work_pool on work_pool.id = work_queue.work_pool_id where work_queue.id = deployment.work_queue_id`,
          own.work_pools,
          own.work_pool_queues,
        )
      : own.work_pool_queues && exists(sql`work_queue where work_queue.id = deployment.work_queue_id`, own.work_pool_queues),
  ])
}

function relatedTaskRunCondition(filters: RelatedFilters, kind: DatabaseKind): Condition {
  const { task_runs, ...others } = filters
  const own = task_runs ? taskRunCondition(task_runs, kind) : undefined
  const isAsked = Object.values(others).some((filter) => filter != null)
  if (!isAsked) return combine('and_', [own])
  return combine('and_', [
    own,
    withinFlowRuns(filters.flow_runs, kind),
    exists(sql`flow_run where flow_run.id = task_run.flow_run_id`, relatedFlowRunCondition(others, kind)),
  ])
}

/** Follows from the filter for flow runs; said about the task run itself, an index serves it. */
function withinFlowRuns(filter: RelatedFilters['flow_runs'], kind: DatabaseKind): Condition | undefined {
  if (!filter?.id?.any_ || filter.operator === 'or_') return undefined
  return isOneOf('task_run.flow_run_id', filter.id.any_, kind)
}

function relatedArtifactCondition(
  table: 'artifact' | 'artifact_collection',
  filters: RelatedFilters,
  kind: DatabaseKind,
): Condition {
  const { task_runs, ...others } = filters
  const isAsked = Object.values(others).some((filter) => filter != null)
  return combine('and_', [
    isAsked
      ? exists(sql`flow_run where flow_run.id = ${sql.ref(`${table}.flow_run_id`)}`, relatedFlowRunCondition(others, kind))
      : undefined,
    task_runs
      ? exists(sql`task_run where task_run.id = ${sql.ref(`${table}.task_run_id`)}`, taskRunCondition(task_runs, kind))
      : undefined,
  ])
}

type Conditions = { [Name in keyof RelatedFilters]: Condition | undefined }

function conditionsOf(filters: RelatedFilters, kind: DatabaseKind): Conditions {
  const { flows, flow_runs, task_runs, deployments, work_pools, work_pool_queues } = filters
  return {
    flows: flows ? flowCondition(flows, kind) : undefined,
    flow_runs: flow_runs ? flowRunCondition(flow_runs, kind) : undefined,
    task_runs: task_runs ? taskRunCondition(task_runs, kind) : undefined,
    deployments: deployments ? deploymentCondition(deployments, kind) : undefined,
    work_pools: work_pools ? workPoolCondition(work_pools, kind) : undefined,
    work_pool_queues: work_pool_queues ? workQueueCondition(work_pool_queues, kind) : undefined,
  }
}

/** A flow run on the other side that meets both the filter for flow runs and the one for its task runs. */
function runOf(relation: RawBuilder<unknown>, own: Conditions): Condition | undefined {
  if (own.task_runs) {
    return exists(
      sql`flow_run join task_run on task_run.flow_run_id = flow_run.id where ${relation}`,
      own.flow_runs,
      own.task_runs,
    )
  }
  return own.flow_runs && exists(sql`flow_run where ${relation}`, own.flow_runs)
}

function exists(source: RawBuilder<unknown>, ...conditions: (Condition | undefined)[]): Condition {
  return sql<SqlBool>`exists (select 1 from ${source} and ${combine('and_', conditions)})`
}
