import { z } from 'zod'
import { uuid } from '../resources/scalars.ts'
import { anyId, combined, criteria, textSearch, timeWindow } from './criteria.ts'

export const logFilter = combined({
  level: criteria({ ge_: z.number().int(), le_: z.number().int() }),
  timestamp: timeWindow,
  flow_run_id: anyId,
  task_run_id: criteria({ any_: z.array(uuid), is_null_: z.boolean() }),
  text: textSearch,
})
export type LogFilter = z.output<typeof logFilter>

export const logSort = z.enum(['TIMESTAMP_ASC', 'TIMESTAMP_DESC']).default('TIMESTAMP_ASC')
export type LogSort = z.output<typeof logSort>
