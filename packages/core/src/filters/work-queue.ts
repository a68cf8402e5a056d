import { z } from 'zod'
import { anyId, combined, criteria, soughtText } from './criteria.ts'

export const workQueueFilter = combined({
  id: anyId,
  name: criteria({ any_: z.array(soughtText), startswith_: z.array(soughtText) }),
})
export type WorkQueueFilter = z.output<typeof workQueueFilter>
