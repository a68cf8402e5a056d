import type { BlockSchema, BlockType } from '@aedile/core/resources/block'
import { formatTimestamp } from '@aedile/core/time'
import type { BlockSchemaTable, BlockTypeTable } from '../../store/tables.ts'

/** A block type as answers carry it. */
export function toBlockType(row: BlockTypeTable): BlockType {
  return {
    id: row.id,
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
    name: row.name,
    slug: row.slug,
    logo_url: row.logo_url,
    documentation_url: row.documentation_url,
    description: row.description,
    code_example: row.code_example,
    is_protected: row.is_protected === 1,
  }
}

/** A block schema as answers carry it: its fields as they were posted. */
export function toBlockSchema(row: BlockSchemaTable, type: BlockTypeTable | null): BlockSchema {
  return {
    id: row.id,
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
    checksum: row.checksum,
    fields: JSON.parse(row.fields),
    block_type_id: row.block_type_id,
    block_type: type && toBlockType(type),
    capabilities: JSON.parse(row.capabilities),
    version: row.version,
  }
}
