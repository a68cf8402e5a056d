import type { JsonObject } from '@aedile/core/json'
import type { BlockDocument } from '@aedile/core/resources/block'

/** `imagePullPolicy` of the stored name `image_pull_policy`. */
export function toAttributeName(stored: string): string {
  return stored.replace(/_([a-z])/g, (_whole, letter: string) => letter.toUpperCase())
}

/** Where a block lies on a server. */
export type StoredAs = { id: string; name: string | null }

/** A block's data as a server gives it, with where the blocks in it lie. */
export type StoredBlock = { data: JsonObject; nested: Record<string, StoredAs> }

/** Reads a document: the data of nested documents stand in it already. */
export function readStoredBlock({ data, block_document_references: references }: BlockDocument): StoredBlock {
  const nested = Object.entries(references).map(([field, reference]): [string, StoredAs] => {
    const { id, name } = (reference as { block_document: StoredAs }).block_document
    return [field, { id, name }]
  })
  return { data, nested: Object.fromEntries(nested) }
}
