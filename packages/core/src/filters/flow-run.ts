import { z } from 'zod'
import { uuid } from '../resources/scalars.ts'
import { stateType } from '../resources/state.ts'
import {
  anyOrNoId,
  anyOrNoText,
  anyOrNullId,
  anyOrNullText,
  anyTags,
  anyText,
  combined,
  criteria,
  nameFilter,
  soughtText,
  timeWindow,
  timeWindowOrNull,
} from './criteria.ts'

export const flowRunFilter = combined({
  id: anyOrNoId,
  name: nameFilter,
  tags: anyTags,
  deployment_id: anyOrNullId,
  work_queue_name: anyOrNullText,
  state: combined({
    type: criteria({ any_: z.array(stateType), not_any_: z.array(stateType) }),
    name: anyOrNoText,
  }),
  flow_version: anyText,
  start_time: timeWindowOrNull,
  end_time: timeWindowOrNull,
  expected_start_time: timeWindow,
  next_scheduled_start_time: timeWindow,
  parent_flow_run_id: combined({ any_: z.array(uuid) }),
  parent_task_run_id: anyOrNullId,
  idempotency_key: anyOrNoText,
  created_by: combined({ id_: z.array(uuid), type_: z.array(soughtText), is_null_: z.boolean() }),
})
export type FlowRunFilter = z.output<typeof flowRunFilter>

export const flowRunSort = z
  .enum([
    'ID_DESC',
    'START_TIME_ASC',
    'START_TIME_DESC',
    'EXPECTED_START_TIME_ASC',
    'EXPECTED_START_TIME_DESC',
    'NAME_ASC',
    'NAME_DESC',
    'NEXT_SCHEDULED_START_TIME_ASC',
    'END_TIME_DESC',
  ])
  .default('ID_DESC')
export type FlowRunSort = z.output<typeof flowRunSort>
