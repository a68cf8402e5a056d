import type { JsonObject } from '../json.ts'

/** What a class of blocks tells a server about itself. Fields have their stored names, in snake_case. */
export type BlockClass = {
  /** The name of the class: the title of its schema. */
  title: string
  /** The name for people, e.g. `Docker Container`. */
  name: string
  /** The name for URLs and templates, e.g. `docker-container`. */
  slug: string
  description: string
  documentationUrl: string | null
  logoUrl: string | null
  codeExample: string | null
  /** What its blocks can do, e.g. `run-infrastructure`. */
  capabilities: readonly string[]
  /** The JSON Schema of each field, in the order of forms. Fields with a block are in `nested` only. */
  properties: Readonly<Record<string, JsonObject>>
  required: readonly string[]
  /** Fields whose values are encrypted and shown as `********`. */
  secretFields: readonly string[]
  /** Fields that hold a block of another class, or null. */
  nested: Readonly<Record<string, NestedBlock>>
}

/** A field that holds a block. */
export type NestedBlock = { blockClass: BlockClass; description: string }

/** Checksums of the schemas of nested blocks, by field. */
export type NestedChecksums = Record<string, string>

/**
 * The `fields` of a class's schema, in the form that a genuine class of Python posts: a checksum is made of them, so
 * everything in them counts.
 */
export function buildSchemaFields(blockClass: BlockClass, checksums: NestedChecksums): JsonObject {
  const { title, slug, required, nested } = blockClass
  const references = Object.entries(nested).map(([field, { blockClass: child }]): [string, JsonObject] => [
    field,
    { block_type_slug: child.slug, block_schema_checksum: checksums[field] ?? '' },
  ])
  const definitions = Object.values(nested).map(({ blockClass: child }): [string, JsonObject] => [
    child.title,
    buildSchemaFields(child, {}),
  ])
  return {
    title,
    type: 'object',
    properties: withPositions({ ...blockClass.properties, ...nestedProperties(nested) }),
    ...(required.length > 0 ? { required: [...required] } : {}),
    block_type_slug: slug,
    secret_fields: listSecretFields(blockClass),
    block_schema_references: Object.fromEntries(references),
    ...(definitions.length > 0 ? { definitions: Object.fromEntries(definitions) } : {}),
  }
}

function withPositions(properties: Record<string, JsonObject>): JsonObject {
  return Object.fromEntries(Object.entries(properties).map(([field, schema], position) => [field, { ...schema, position }]))
}

function nestedProperties(nested: BlockClass['nested']): Record<string, JsonObject> {
  return Object.fromEntries(
    Object.entries(nested).map(([field, { blockClass, description }]): [string, JsonObject] => [
      field,
      { anyOf: [{ $ref: `#/definitions/${blockClass.title}` }, { type: 'null' }], default: null, description },
    ]),
  )
}

/** Its own, and those of the blocks in it, as paths. */
function listSecretFields({ secretFields, nested }: BlockClass): string[] {
  const inner = Object.entries(nested).flatMap(([field, { blockClass }]) =>
    listSecretFields(blockClass).map((path) => `${field}.${path}`),
  )
  return [...secretFields, ...inner]
}
