import { z } from 'zod'
import { jsonObject, name, slug, stored, uuid } from './scalars.ts'

export const blockType = z.object({
  ...stored,
  name: z.string(),
  slug: z.string(),
  logo_url: z.string().nullable(),
  documentation_url: z.string().nullable(),
  description: z.string().nullable(),
  code_example: z.string().nullable(),
  is_protected: z.boolean(),
})
export type BlockType = z.output<typeof blockType>
export const blockTypeCreate = z.strictObject({
  name,
  slug,
  logo_url: z.string().nullish(),
  documentation_url: z.string().nullish(),
  description: z.string().nullish(),
  code_example: z.string().nullish(),
})
export const blockTypeUpdate = z.object({
  logo_url: z.string().nullish(),
  documentation_url: z.string().nullish(),
  description: z.string().nullish(),
  code_example: z.string().nullish(),
})

export const blockSchema = z.object({
  ...stored,
  checksum: z.string(),
  fields: jsonObject,
  block_type_id: uuid.nullable(),
  block_type: blockType.nullable(),
  capabilities: z.array(z.string()),
  version: z.string(),
})
export type BlockSchema = z.output<typeof blockSchema>
export const blockSchemaCreate = z.strictObject({
  fields: jsonObject.default({}),
  block_type_id: uuid.nullish(),
  capabilities: z.array(z.string()).default([]),
  version: z.string().default('non-versioned'),
})

export const blockDocument = z.object({
  ...stored,
  name: z.string().nullable(),
  data: jsonObject,
  block_schema_id: uuid,
  block_schema: blockSchema.nullable(),
  block_type_id: uuid,
  block_type_name: z.string().nullable(),
  block_type: blockType.nullable(),
  block_document_references: z.record(z.string(), z.any()),
  is_anonymous: z.boolean(),
})
export type BlockDocument = z.output<typeof blockDocument>
export const blockDocumentCreate = z.strictObject({
  name: slug.nullish(),
  data: jsonObject.default({}),
  block_schema_id: uuid,
  block_type_id: uuid,
  is_anonymous: z.boolean().default(false),
})
export const blockDocumentUpdate = z.strictObject({
  block_schema_id: uuid.nullish(),
  data: jsonObject.default({}),
  merge_existing_data: z.boolean().default(true),
})
