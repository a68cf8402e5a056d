import { z } from 'zod'
import { workerStatus } from '../resources/work-pool.ts'
import { combined, criteria, timeWindow } from './criteria.ts'

export const workerFilter = combined({
  last_heartbeat_time: timeWindow,
  status: criteria({ any_: z.array(workerStatus), not_any_: z.array(workerStatus) }),
})
export type WorkerFilter = z.output<typeof workerFilter>
