import type { BlockDocumentFilter, BlockSchemaFilter, BlockTypeFilter } from '@aedile/core/filters/block'
import { type Condition, combine, type DatabaseKind, matchColumn } from './condition.ts'
import { matchList } from './json-column.ts'

/** The condition of a filter for block types, on the table `block_type`. */
export function blockTypeCondition(filter: BlockTypeFilter, kind: DatabaseKind): Condition {
  return combine('and_', [matchColumn('block_type.name', filter.name, kind), matchColumn('block_type.slug', filter.slug, kind)])
}

/** The condition of a filter for block schemas, on the table `block_schema`. */
export function blockSchemaCondition(filter: BlockSchemaFilter, kind: DatabaseKind): Condition {
  return combine(filter.operator, [
    matchColumn('block_schema.block_type_id', filter.block_type_id, kind),
    matchList('block_schema.capabilities', filter.block_capabilities, kind),
    matchColumn('block_schema.id', filter.id, kind),
    matchColumn('block_schema.version', filter.version, kind),
  ])
}

/** The condition of a filter for block documents, on the table `block_document`. */
export function blockDocumentCondition(filter: BlockDocumentFilter, kind: DatabaseKind): Condition {
  return combine(filter.operator, [
    matchColumn('block_document.id', filter.id, kind),
    matchColumn('block_document.is_anonymous', filter.is_anonymous, kind),
    matchColumn('block_document.block_type_id', filter.block_type_id, kind),
    matchColumn('block_document.name', filter.name, kind),
  ])
}
