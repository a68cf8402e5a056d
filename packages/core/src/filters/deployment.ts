import { z } from 'zod'
import { anyOrNoId, anyTags, anyText, combined, criteria, isTrue, nameFilter, soughtText } from './criteria.ts'

export const deploymentFilter = combined({
  id: anyOrNoId,
  name: nameFilter,
  flow_or_deployment_name: criteria({ like_: soughtText }),
  paused: isTrue,
  tags: anyTags,
  work_queue_name: anyText,
  /** Accepted and ignored, as genuine servers do. */
  concurrency_limit: criteria({ ge_: z.number().int(), le_: z.number().int(), is_null_: z.boolean() }),
})
export type DeploymentFilter = z.output<typeof deploymentFilter>

export const deploymentSort = z.enum(['CREATED_DESC', 'UPDATED_DESC', 'NAME_ASC', 'NAME_DESC']).default('NAME_ASC')
export type DeploymentSort = z.output<typeof deploymentSort>
