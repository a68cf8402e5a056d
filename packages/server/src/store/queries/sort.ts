import type { ArtifactSort } from '@aedile/core/filters/artifact'
import type { BlockDocumentSort } from '@aedile/core/filters/block'
import type { DeploymentSort } from '@aedile/core/filters/deployment'
import type { FlowSort } from '@aedile/core/filters/flow'
import type { FlowRunSort } from '@aedile/core/filters/flow-run'
import type { LogSort } from '@aedile/core/filters/log'
import type { TaskRunSort } from '@aedile/core/filters/task-run'
import type { VariableSort } from '@aedile/core/filters/variable'
import { type Expression, sql } from 'kysely'
import { hasCoarseLogTimes, toCoarseLogTime } from '../coarse-log-times.ts'
import type { DatabaseKind } from '../kysely.ts'
import type { LogTable } from '../tables.ts'
import { type Column, toReference } from './filters/condition.ts'
import { shownStartTime } from './filters/flow-run.ts'
import { coarseLogTime } from './filters/log.ts'

/** One column of an order. A column that may be null has its nulls first when ascending, on both databases. */
export type SortTerm = { column: Column; direction: 'asc' | 'desc'; nullable?: boolean }
/** An order that is total: its last term is unique. */
export type SortOrder = readonly SortTerm[]

type Sortable<Query> = { orderBy(expression: Expression<unknown>): Query }

/** Orders a query. */
export function applySort<Query extends Sortable<Query>>(query: Query, order: SortOrder): Query {
  let sorted = query
  for (const { column, direction, nullable } of order) {
    const nulls = nullable ? (direction === 'asc' ? sql` nulls first` : sql` nulls last`) : sql``
    sorted = sorted.orderBy(sql`${toReference(column)} ${sql.raw(direction)}${nulls}`)
  }
  return sorted
}

export function sortByFlowRun(sort: FlowRunSort): SortOrder {
  return ORDERS.flow_run[sort]
}
export function sortByTaskRun(sort: TaskRunSort): SortOrder {
  return ORDERS.task_run[sort]
}
export function sortByFlow(sort: FlowSort): SortOrder {
  return namedOrders('flow')[sort]
}
export function sortByDeployment(sort: DeploymentSort): SortOrder {
  return namedOrders('deployment')[sort]
}
export function sortByVariable(sort: VariableSort): SortOrder {
  return namedOrders('variable')[sort]
}
/** Where the indexes hold coarse times, these come first: the order is the same, and is read along the index. */
export function sortByLog(sort: LogSort, kind: DatabaseKind): SortOrder {
  return hasCoarseLogTimes(kind) ? COARSE_LOG_ORDERS[sort] : ORDERS.log[sort]
}
/** The values of a line in the terms of `sortByLog`. */
export function toLogKey({ timestamp, sequence, id }: LogTable, kind: DatabaseKind): (string | number)[] {
  return [...(hasCoarseLogTimes(kind) ? [toCoarseLogTime(timestamp)] : []), timestamp, sequence, id]
}
export function sortByArtifact(sort: ArtifactSort): SortOrder {
  return keyedOrders('artifact')[sort]
}
export function sortByArtifactCollection(sort: ArtifactSort): SortOrder {
  return keyedOrders('artifact_collection')[sort]
}
export function sortByBlockDocument(sort: BlockDocumentSort): SortOrder {
  return ORDERS.block_document[sort]
}

const asc = (column: Column): SortTerm => ({ column, direction: 'asc' })
const desc = (column: Column): SortTerm => ({ column, direction: 'desc' })
const ascOrNull = (column: Column): SortTerm => ({ column, direction: 'asc', nullable: true })
const descOrNull = (column: Column): SortTerm => ({ column, direction: 'desc', nullable: true })

function namedOrders(table: 'flow' | 'deployment' | 'variable') {
  return {
    CREATED_DESC: [desc(`${table}.created`), desc(`${table}.id`)],
    UPDATED_DESC: [desc(`${table}.updated`), desc(`${table}.id`)],
    NAME_ASC: [asc(`${table}.name`), asc(`${table}.id`)],
    NAME_DESC: [desc(`${table}.name`), desc(`${table}.id`)],
  }
}

function keyedOrders(table: 'artifact' | 'artifact_collection') {
  return {
    CREATED_DESC: [desc(`${table}.created`), desc(`${table}.id`)],
    UPDATED_DESC: [desc(`${table}.updated`), desc(`${table}.id`)],
    ID_DESC: [desc(`${table}.id`)],
    KEY_DESC: [descOrNull(`${table}.key`), desc(`${table}.id`)],
    KEY_ASC: [ascOrNull(`${table}.key`), asc(`${table}.id`)],
  }
}

function runOrders(table: 'flow_run' | 'task_run') {
  return {
    ID_DESC: [desc(`${table}.id`)],
    EXPECTED_START_TIME_ASC: [ascOrNull(`${table}.expected_start_time`), asc(`${table}.id`)],
    EXPECTED_START_TIME_DESC: [descOrNull(`${table}.expected_start_time`), desc(`${table}.id`)],
    NAME_ASC: [asc(`${table}.name`), asc(`${table}.id`)],
    NAME_DESC: [desc(`${table}.name`), desc(`${table}.id`)],
    NEXT_SCHEDULED_START_TIME_ASC: [ascOrNull(`${table}.next_scheduled_start_time`), asc(`${table}.id`)],
    END_TIME_DESC: [descOrNull(`${table}.end_time`), desc(`${table}.id`)],
  }
}

const ORDERS = {
  flow_run: {
    ...runOrders('flow_run'),
    START_TIME_ASC: [ascOrNull(shownStartTime), asc('flow_run.id')],
    START_TIME_DESC: [descOrNull(shownStartTime), desc('flow_run.id')],
  },
  task_run: runOrders('task_run'),
  log: {
    TIMESTAMP_ASC: [asc('log.timestamp'), asc('log.sequence'), asc('log.id')],
    TIMESTAMP_DESC: [desc('log.timestamp'), desc('log.sequence'), desc('log.id')],
  },
  block_document: {
    NAME_DESC: [desc('block_document.name'), desc('block_document.id')],
    NAME_ASC: [asc('block_document.name'), asc('block_document.id')],
    BLOCK_TYPE_AND_NAME_ASC: [ascOrNull('block_document.block_type_name'), asc('block_document.name'), asc('block_document.id')],
  },
} satisfies Record<string, Record<string, SortOrder>>

const COARSE_LOG_ORDERS = {
  TIMESTAMP_ASC: [asc(coarseLogTime), ...ORDERS.log.TIMESTAMP_ASC],
  TIMESTAMP_DESC: [desc(coarseLogTime), ...ORDERS.log.TIMESTAMP_DESC],
} satisfies Record<LogSort, SortOrder>
