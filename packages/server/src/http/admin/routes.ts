import { uuid } from '@aedile/core/resources/scalars'
import { z } from 'zod'
import { PREFECT_VERSION } from '../../version.ts'
import { type Route, route } from '../route.ts'
import { clearDefaultResultStorage, readDefaultResultStorage, writeDefaultResultStorage } from './default-result-storage.ts'
import { toSettingsDocument } from './settings-document.ts'

const storage = z.object({ default_result_storage_block_id: uuid.nullable() })

export const routes: Route[] = [
  route({
    method: 'GET',
    path: '/admin/settings',
    summary: "The server's settings, secrets masked",
    resource: 'settings',
    action: 'read',
    responses: { 200: z.record(z.string(), z.any()) },
    handle: async ({ workspace }) => toSettingsDocument(workspace.settings),
  }),
  route({
    method: 'GET',
    path: '/admin/version',
    summary: 'The release of Prefect whose behaviour this server has',
    resource: 'server',
    action: 'read',
    responses: { 200: z.string() },
    handle: async () => PREFECT_VERSION,
  }),
  route({
    method: 'GET',
    path: '/admin/storage',
    summary: 'The default block for results',
    resource: 'default-result-storage',
    action: 'read',
    responses: { 200: storage },
    handle: ({ workspace }) => readDefaultResultStorage(workspace),
  }),
  route({
    method: 'PUT',
    path: '/admin/storage',
    summary: 'Set the default block for results',
    resource: 'default-result-storage',
    action: 'update',
    body: z.strictObject({ default_result_storage_block_id: uuid }),
    responses: { 200: storage },
    async handle({ workspace, body }) {
      await writeDefaultResultStorage(workspace, body.default_result_storage_block_id)
      return readDefaultResultStorage(workspace)
    },
  }),
  route({
    method: 'DELETE',
    path: '/admin/storage',
    summary: 'Forget the default block for results',
    resource: 'default-result-storage',
    action: 'delete',
    responses: { 204: null },
    async handle({ workspace, reply }) {
      await clearDefaultResultStorage(workspace)
      reply.code(204)
    },
  }),
]
