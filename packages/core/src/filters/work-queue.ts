import { z } from 'zod'
import { anyId, combined, criteria } from './criteria.ts'

export const workQueueFilter = combined({
  id: anyId,
  name: criteria({ any_: z.array(z.string()), startswith_: z.array(z.string()) }),
})
export type WorkQueueFilter = z.output<typeof workQueueFilter>
