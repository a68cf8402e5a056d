import { isAedileError } from '../errors.ts'
import type { ReferenceLookup } from '../templates/references.ts'
import { readBlockDocument, readBlockDocumentByName } from './blocks.ts'
import type { ApiClient } from './client.ts'
import { readVariable } from './variables.ts'

/**
 * Blocks and variables that a template refers to, read through the API, their numbers as they were written. Without
 * `includeSecrets` the server masks what is secret.
 */
export function lookupThrough(client: ApiClient, { includeSecrets }: { includeSecrets: boolean }): ReferenceLookup {
  const exact = { exactNumbers: ['data'] }
  return {
    readBlockDocument: (slug, name) => orNull(readBlockDocumentByName(client, slug, name, { includeSecrets }, exact)),
    readBlockDocumentById: (id) => orNull(readBlockDocument(client, id, { includeSecrets }, exact)),
    readVariable: (name) => orNull(readVariable(client, name, { exactNumbers: ['value'] })),
  }
}

/** What does not exist, and what cannot: an id that is no UUID is refused as invalid. */
async function orNull<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read
  } catch (error) {
    if (isAedileError(error, 'api_not_found') || isAedileError(error, 'api_invalid')) return null
    throw error
  }
}
