import { readBlockDocument, readBlockDocumentByName } from '@aedile/core/client/blocks'
import type { ApiClient } from '@aedile/core/client/client'
import { readVariable } from '@aedile/core/client/variables'
import { isAedileError } from '@aedile/core/errors'
import type { ReferenceLookup } from '@aedile/core/templates/references'

/** Reads the blocks and variables that templates refer to from the server, secrets included. */
export function createReferenceLookup(client: ApiClient): ReferenceLookup {
  const secrets = { includeSecrets: true }
  return {
    readBlockDocument: (type, name) => orNull(readBlockDocumentByName(client, type, name, secrets)),
    readBlockDocumentById: (id) => orNull(readBlockDocument(client, id, secrets)),
    readVariable: (name) => orNull(readVariable(client, name)),
  }
}

async function orNull<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read
  } catch (error) {
    if (isAedileError(error, 'api_not_found')) return null
    throw error
  }
}
