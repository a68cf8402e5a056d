import { artifactCollectionFilter, artifactFilter, artifactSort } from '@aedile/core/filters/artifact'
import { pageFields } from '@aedile/core/filters/page'
import { relatedFilters } from '@aedile/core/filters/related'
import { artifact, artifactCollection, artifactCreate, artifactUpdate } from '@aedile/core/resources/artifact'
import { uuid } from '@aedile/core/resources/scalars'
import { z } from 'zod'
import { readPage } from '../../store/queries/page.ts'
import { HttpError, keyedBody, type Route, route } from '../route.ts'
import { toArtifact, toArtifactCollection } from './artifact-documents.ts'
import { countArtifacts, countLatestArtifacts, searchArtifacts, searchLatestArtifacts } from './search-artifacts.ts'
import { createArtifact, deleteArtifact, updateArtifact } from './write-artifact.ts'

const params = z.object({ id: uuid })
const notFound = () => new HttpError(404, 'Artifact not found.')
const { flows, flow_runs, task_runs, deployments } = relatedFilters
const related = { flows, flow_runs, task_runs, deployments }
const artifactSearch = { ...related, artifacts: artifactFilter.optional() }
const latestSearch = { ...related, artifacts: artifactCollectionFilter.optional() }

/** Source: WC 1.15, 10. */
export const routes: Route[] = [
  route({
    method: 'POST',
    path: '/artifacts/',
    summary: 'Make an artifact; one with a key becomes the latest of its key',
    resource: 'artifact',
    action: 'create',
    body: artifactCreate,
    responses: { 201: artifact },
    async handle({ workspace, body, reply }) {
      const row = await createArtifact(workspace, body)
      reply.code(201)
      return toArtifact(row)
    },
  }),
  route({
    method: 'GET',
    path: '/artifacts/:id',
    summary: 'Read an artifact',
    resource: 'artifact',
    action: 'read',
    params,
    responses: { 200: artifact, 404: null },
    async handle({ workspace, params: { id } }) {
      const row = await workspace.store.db.selectFrom('artifact').selectAll().where('id', '=', id).executeTakeFirst()
      if (!row) throw notFound()
      return toArtifact(row)
    },
  }),
  route({
    method: 'GET',
    path: '/artifacts/:key/latest',
    summary: 'Read the latest artifact of a key',
    resource: 'artifact',
    action: 'read',
    params: z.object({ key: z.string() }),
    responses: { 200: artifact, 404: null },
    async handle({ workspace, params: { key } }) {
      const row = await workspace.store.db
        .selectFrom('artifact_collection')
        .innerJoin('artifact', 'artifact.id', 'artifact_collection.latest_id')
        .selectAll('artifact')
        .where('artifact_collection.key', '=', key)
        .executeTakeFirst()
      if (!row) throw notFound()
      return toArtifact(row)
    },
  }),
  route({
    method: 'PATCH',
    path: '/artifacts/:id',
    summary: 'Change an artifact',
    resource: 'artifact',
    action: 'update',
    params,
    body: artifactUpdate,
    responses: { 204: null, 404: null },
    async handle({ workspace, params: { id }, body, reply }) {
      if (!(await updateArtifact(workspace.store, id, body))) throw notFound()
      reply.code(204)
    },
  }),
  route({
    method: 'DELETE',
    path: '/artifacts/:id',
    summary: 'Delete an artifact; the one before it becomes the latest of its key',
    resource: 'artifact',
    action: 'delete',
    params,
    responses: { 204: null, 404: null },
    async handle({ workspace, params: { id }, reply }) {
      if (!(await deleteArtifact(workspace, id))) throw notFound()
      reply.code(204)
    },
  }),
  route({
    method: 'POST',
    path: '/artifacts/filter',
    summary: 'Search artifacts',
    resource: 'artifact',
    action: 'read',
    body: keyedBody({ ...artifactSearch, ...pageFields, sort: artifactSort }),
    responses: { 200: z.array(artifact) },
    async handle({ workspace, body: { limit, offset, sort, ...asked } }) {
      const page = readPage({ limit, offset }, workspace.settings.defaultLimit)
      return (await searchArtifacts(workspace.store, asked, sort, page)).map(toArtifact)
    },
  }),
  route({
    method: 'POST',
    path: '/artifacts/latest/filter',
    summary: 'Search the latest artifacts of all keys',
    resource: 'artifact',
    action: 'read',
    body: keyedBody({ ...latestSearch, ...pageFields, sort: artifactSort }),
    responses: { 200: z.array(artifactCollection) },
    async handle({ workspace, body: { limit, offset, sort, ...asked } }) {
      const page = readPage({ limit, offset }, workspace.settings.defaultLimit)
      return (await searchLatestArtifacts(workspace.store, asked, sort, page)).map(toArtifactCollection)
    },
  }),
  route({
    method: 'POST',
    path: '/artifacts/count',
    summary: 'Count artifacts',
    resource: 'artifact',
    action: 'read',
    body: keyedBody(artifactSearch),
    responses: { 200: z.int() },
    handle: ({ workspace, body }) => countArtifacts(workspace.store, body),
  }),
  route({
    method: 'POST',
    path: '/artifacts/latest/count',
    summary: 'Count the keys of artifacts',
    resource: 'artifact',
    action: 'read',
    body: keyedBody(latestSearch),
    responses: { 200: z.int() },
    handle: ({ workspace, body }) => countLatestArtifacts(workspace.store, body),
  }),
]
