import type { z } from 'zod'
import type { JsonObject } from '../json.ts'
import type {
  BlockDocument,
  BlockSchema,
  BlockType,
  blockDocumentCreate,
  blockDocumentUpdate,
  blockSchemaCreate,
  blockTypeCreate,
  blockTypeUpdate,
} from '../resources/block.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { listOf, noAnswer, objectOf } from './decode.ts'
import type { Page } from './filter-body.ts'

type BlockFilters = { block_documents?: JsonObject | null; block_types?: JsonObject | null; block_schemas?: JsonObject | null }

export function createBlockType(
  client: ApiClient,
  body: z.input<typeof blockTypeCreate>,
  call?: CallOptions,
): Promise<BlockType> {
  return client.request('POST', '/block_types/', { ...call, body, schema: objectOf<BlockType>() })
}

export function readBlockTypeBySlug(client: ApiClient, slug: string, call?: CallOptions): Promise<BlockType> {
  return client.request('GET', slugPath(slug), { ...call, schema: objectOf<BlockType>() })
}

export function updateBlockType(
  client: ApiClient,
  id: string,
  body: z.input<typeof blockTypeUpdate>,
  call?: CallOptions,
): Promise<void> {
  return client.request('PATCH', `/block_types/${id}`, { ...call, body, schema: noAnswer, retry: 'always' })
}

export function deleteBlockType(client: ApiClient, id: string, call?: CallOptions): Promise<void> {
  return client.request('DELETE', `/block_types/${id}`, { ...call, schema: noAnswer })
}

export function filterBlockTypes(client: ApiClient, body: BlockFilters & Page = {}, call?: CallOptions): Promise<BlockType[]> {
  return client.request('POST', '/block_types/filter', { ...call, body, schema: listOf<BlockType>(), retry: 'always' })
}

/** Creates a schema, or answers the one with the same checksum and version. */
export function createBlockSchema(
  client: ApiClient,
  body: z.input<typeof blockSchemaCreate>,
  call?: CallOptions,
): Promise<BlockSchema> {
  return client.request('POST', '/block_schemas/', { ...call, body, schema: objectOf<BlockSchema>(), retry: 'always' })
}

export function readBlockSchema(client: ApiClient, id: string, call?: CallOptions): Promise<BlockSchema> {
  return client.request('GET', `/block_schemas/${id}`, { ...call, schema: objectOf<BlockSchema>() })
}

export function filterBlockSchemas(
  client: ApiClient,
  body: BlockFilters & Page = {},
  call?: CallOptions,
): Promise<BlockSchema[]> {
  return client.request('POST', '/block_schemas/filter', { ...call, body, schema: listOf<BlockSchema>(), retry: 'always' })
}

/** Creates a document; `api_conflict` when its type has one of this name. */
export function createBlockDocument(
  client: ApiClient,
  body: z.input<typeof blockDocumentCreate>,
  call?: CallOptions,
): Promise<BlockDocument> {
  return client.request('POST', '/block_documents/', { ...call, body, schema: objectOf<BlockDocument>() })
}

/** A document by id. Its secrets come only when asked for. */
export function readBlockDocument(
  client: ApiClient,
  id: string,
  options: { includeSecrets: boolean },
  call?: CallOptions,
): Promise<BlockDocument> {
  const query = { include_secrets: options.includeSecrets }
  return client.request('GET', `/block_documents/${id}`, { ...call, query, schema: objectOf<BlockDocument>() })
}

/** A document by the slug of its type and its name, as templates refer to it. */
export function readBlockDocumentByName(
  client: ApiClient,
  typeSlug: string,
  name: string,
  options: { includeSecrets: boolean },
  call?: CallOptions,
): Promise<BlockDocument> {
  const query = { include_secrets: options.includeSecrets }
  const path = `${slugPath(typeSlug)}/block_documents/name/${encodeURIComponent(name)}`
  return client.request('GET', path, { ...call, query, schema: objectOf<BlockDocument>() })
}

export function updateBlockDocument(
  client: ApiClient,
  id: string,
  body: z.input<typeof blockDocumentUpdate>,
  call?: CallOptions,
): Promise<void> {
  return client.request('PATCH', `/block_documents/${id}`, { ...call, body, schema: noAnswer, retry: 'always' })
}

export function deleteBlockDocument(client: ApiClient, id: string, call?: CallOptions): Promise<void> {
  return client.request('DELETE', `/block_documents/${id}`, { ...call, schema: noAnswer })
}

export function filterBlockDocuments(
  client: ApiClient,
  body: BlockFilters & Page & { include_secrets?: boolean } = {},
  call?: CallOptions,
): Promise<BlockDocument[]> {
  return client.request('POST', '/block_documents/filter', { ...call, body, schema: listOf<BlockDocument>(), retry: 'always' })
}

function slugPath(slug: string): string {
  return `/block_types/slug/${encodeURIComponent(slug)}`
}
