import { readBlockDocument, readBlockDocumentByName } from '@aedile/core/client/blocks'
import type { BlockDocument } from '@aedile/core/resources/block'
import type { CliContext } from '../cli-context.ts'
import { CliFailure, EXIT_CODES } from '../failure.ts'

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The block of `type/name` or of an id, secrets masked. */
export function findBlock({ client }: CliContext, text: string): Promise<BlockDocument> {
  if (ID.test(text)) return readBlockDocument(client, text, { includeSecrets: false })
  const slash = text.indexOf('/')
  if (slash <= 0) throw new CliFailure(`A block is given as type/name or by its id, not as ${text}.`, EXIT_CODES.usage.code)
  return readBlockDocumentByName(client, text.slice(0, slash), text.slice(slash + 1), { includeSecrets: false })
}

/** `type/name` of a block. */
export function blockLabel({ name, block_type: type, id }: BlockDocument): string {
  return `${type?.slug ?? 'unknown'}/${name ?? id}`
}
