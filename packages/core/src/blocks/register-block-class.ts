import { createBlockSchema, createBlockType, readBlockTypeBySlug, updateBlockType } from '../client/blocks.ts'
import type { ApiClient, CallOptions } from '../client/client.ts'
import { isAedileError } from '../errors.ts'
import type { BlockSchema, BlockType } from '../resources/block.ts'
import { type BlockClass, buildSchemaFields, type NestedChecksums } from './block-class.ts'

/** The version of our schemas: they change with the class, not with the package. */
const SCHEMA_VERSION = 'non-versioned'

/**
 * Makes a class of blocks known to a server, with those that its blocks hold: type and schema are there afterwards. Does
 * nothing when they are. Resolves with the schema.
 */
export async function registerBlockClass(client: ApiClient, blockClass: BlockClass, call?: CallOptions): Promise<BlockSchema> {
  const checksums: NestedChecksums = {}
  for (const [field, { blockClass: child }] of Object.entries(blockClass.nested)) {
    checksums[field] = (await registerBlockClass(client, child, call)).checksum
  }
  const { id } = await ensureBlockType(client, blockClass, call)
  const fields = buildSchemaFields(blockClass, checksums)
  // The server makes the checksum, and answers with the schema that has it already.
  const capabilities = [...blockClass.capabilities]
  return createBlockSchema(client, { fields, block_type_id: id, capabilities, version: SCHEMA_VERSION }, call)
}

async function ensureBlockType(client: ApiClient, blockClass: BlockClass, call?: CallOptions): Promise<BlockType> {
  const { name, slug } = blockClass
  const texts = {
    logo_url: blockClass.logoUrl,
    documentation_url: blockClass.documentationUrl,
    description: blockClass.description,
    code_example: blockClass.codeExample,
  }
  const known = (await findBlockType(client, slug, call)) ?? (await tryCreate(client, { name, slug, ...texts }, call))
  if (known === null) return readBlockTypeBySlug(client, slug, call)
  const isSame = Object.entries(texts).every(([key, text]) => known[key as keyof typeof texts] === text)
  if (!isSame) await updateBlockType(client, known.id, texts, call)
  return known
}

async function findBlockType(client: ApiClient, slug: string, call?: CallOptions): Promise<BlockType | null> {
  try {
    return await readBlockTypeBySlug(client, slug, call)
  } catch (error) {
    if (isAedileError(error, 'api_not_found')) return null
    throw error
  }
}

/** Null when somebody else made it at this moment. */
async function tryCreate(
  client: ApiClient,
  body: Parameters<typeof createBlockType>[1],
  call?: CallOptions,
): Promise<BlockType | null> {
  try {
    return await createBlockType(client, body, call)
  } catch (error) {
    if (isAedileError(error, 'api_conflict')) return null
    throw error
  }
}
