import { z } from 'zod'
import { allTags, anyOrNoId, combined, nameFilter } from './criteria.ts'

export const flowFilter = combined({
  id: anyOrNoId,
  deployment: combined({ is_null_: z.boolean() }),
  name: nameFilter,
  tags: allTags,
})
export type FlowFilter = z.output<typeof flowFilter>

export const flowSort = z.enum(['CREATED_DESC', 'UPDATED_DESC', 'NAME_ASC', 'NAME_DESC']).default('NAME_ASC')
export type FlowSort = z.output<typeof flowSort>
