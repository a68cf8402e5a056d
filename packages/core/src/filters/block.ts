import { z } from 'zod'
import { anyId, anyText, combined, criteria, isTrue, nameFilter, operator, soughtText } from './criteria.ts'

export const blockTypeFilter = criteria({ name: criteria({ like_: soughtText }), slug: anyText })
export type BlockTypeFilter = z.output<typeof blockTypeFilter>

export const blockSchemaFilter = combined({
  block_type_id: anyId,
  block_capabilities: criteria({ all_: z.array(soughtText) }),
  id: anyId,
  version: anyText,
})
export type BlockSchemaFilter = z.output<typeof blockSchemaFilter>

/** Without `is_anonymous` it hides anonymous documents; null shows all. */
export const blockDocumentFilter = z.strictObject({
  operator,
  id: anyId.nullish(),
  is_anonymous: isTrue.nullable().default({ eq_: false }),
  block_type_id: anyId.nullish(),
  name: nameFilter.nullish(),
})
export type BlockDocumentFilter = z.output<typeof blockDocumentFilter>

export const blockDocumentSort = z.enum(['NAME_DESC', 'NAME_ASC', 'BLOCK_TYPE_AND_NAME_ASC']).default('NAME_ASC')
export type BlockDocumentSort = z.output<typeof blockDocumentSort>
