import type { JsonObject } from '../json.ts'
import type { Artifact, ArtifactCreate } from '../resources/artifact.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { listOf, noAnswer, numberAnswer, objectOf } from './decode.ts'
import type { Filters, Page } from './filter-body.ts'

type ArtifactFilters = Filters & { artifacts?: JsonObject | null }

export function createArtifact(client: ApiClient, body: ArtifactCreate, call?: CallOptions): Promise<Artifact> {
  return client.request('POST', '/artifacts/', { ...call, body, schema: objectOf<Artifact>() })
}

export function readArtifact(client: ApiClient, id: string, call?: CallOptions): Promise<Artifact> {
  return client.request('GET', `/artifacts/${id}`, { ...call, schema: objectOf<Artifact>() })
}

/** The newest artifact with this key. */
export function readLatestArtifact(client: ApiClient, key: string, call?: CallOptions): Promise<Artifact> {
  return client.request('GET', `/artifacts/${encodeURIComponent(key)}/latest`, { ...call, schema: objectOf<Artifact>() })
}

export function updateArtifact(
  client: ApiClient,
  id: string,
  body: Pick<ArtifactCreate, 'data' | 'description' | 'metadata_'>,
  call?: CallOptions,
): Promise<void> {
  return client.request('PATCH', `/artifacts/${id}`, { ...call, body, schema: noAnswer, retry: 'always' })
}

export function deleteArtifact(client: ApiClient, id: string, call?: CallOptions): Promise<void> {
  return client.request('DELETE', `/artifacts/${id}`, { ...call, schema: noAnswer })
}

export function filterArtifacts(client: ApiClient, body: ArtifactFilters & Page = {}, call?: CallOptions): Promise<Artifact[]> {
  return client.request('POST', '/artifacts/filter', { ...call, body, schema: listOf<Artifact>(), retry: 'always' })
}

export function countArtifacts(client: ApiClient, body: ArtifactFilters = {}, call?: CallOptions): Promise<number> {
  return client.request('POST', '/artifacts/count', { ...call, body, schema: numberAnswer, retry: 'always' })
}
