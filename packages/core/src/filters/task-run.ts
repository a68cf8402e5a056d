import { z } from 'zod'
import { uuid } from '../resources/scalars.ts'
import { stateType } from '../resources/state.ts'
import { allTags, anyId, anyText, combined, criteria, nameFilter, operator, timeWindow, timeWindowOrNull } from './criteria.ts'

export const taskRunFilter = combined({
  id: anyId,
  name: nameFilter,
  tags: allTags,
  state: combined({ type: criteria({ any_: z.array(stateType) }), name: anyText }),
  start_time: timeWindowOrNull,
  end_time: timeWindowOrNull,
  expected_start_time: timeWindow,
  subflow_runs: criteria({ exists_: z.boolean() }),
  /** `is_null_` false, its default, without `any_` means: of any flow run. */
  flow_run_id: z.strictObject({ operator, any_: z.array(uuid).nullish(), is_null_: z.boolean().nullable().default(false) }),
})
export type TaskRunFilter = z.output<typeof taskRunFilter>

export const taskRunSort = z
  .enum([
    'ID_DESC',
    'EXPECTED_START_TIME_ASC',
    'EXPECTED_START_TIME_DESC',
    'NAME_ASC',
    'NAME_DESC',
    'NEXT_SCHEDULED_START_TIME_ASC',
    'END_TIME_DESC',
  ])
  .default('ID_DESC')
export type TaskRunSort = z.output<typeof taskRunSort>
