import { createBlockDocument, readBlockDocumentByName, updateBlockDocument } from '../client/blocks.ts'
import type { ApiClient, CallOptions } from '../client/client.ts'
import { isAedileError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { BlockClass } from './block-class.ts'
import { registerBlockClass } from './register-block-class.ts'

/** What is saved: the data under stored names, secrets in the clear; a saved block in it as its reference. */
export type BlockToSave = { name: string; data: JsonObject; overwrite: boolean }

/**
 * Saves a block under its class and name, and resolves with the document's id. The class is registered before.
 * @throws AedileError `api_conflict` when there is one of this name and it may not be overwritten.
 */
export async function saveBlock(
  client: ApiClient,
  blockClass: BlockClass,
  { name, data, overwrite }: BlockToSave,
  call?: CallOptions,
): Promise<string> {
  const { id: block_schema_id, block_type_id } = await registerBlockClass(client, blockClass, call)
  try {
    const body = { name, data, block_schema_id, block_type_id: block_type_id!, is_anonymous: false }
    return (await createBlockDocument(client, body, call)).id
  } catch (error) {
    if (!overwrite || !isAedileError(error, 'api_conflict')) throw error
  }
  const { id } = await readBlockDocumentByName(client, blockClass.slug, name, { includeSecrets: false }, call)
  await updateBlockDocument(client, id, { block_schema_id, data, merge_existing_data: false }, call)
  return id
}
