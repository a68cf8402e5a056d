import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildHttp } from '../http/build.ts'
import { openTestWorkspace, type TestWorkspace } from '../testing/workspace.ts'
import { EncryptionKeys, generateEncryptionKey, parseEncryptionKeys } from './encryption-keys.ts'
import { findUnreadableSecret } from './unreadable-secrets.ts'

let opened: TestWorkspace
beforeEach(async () => {
  opened = await openTestWorkspace()
})
afterEach(() => opened.close())

test('a database whose key was lost is noticed, one without secrets or with its key is not', async () => {
  const { workspace } = opened
  expect(await findUnreadableSecret(workspace.store, workspace.encryption)).toBeNull()
  await saveSecret()
  expect(await findUnreadableSecret(workspace.store, workspace.encryption)).toBeNull()
  const other = new EncryptionKeys(parseEncryptionKeys(generateEncryptionKey(), 'test'))
  expect(await findUnreadableSecret(workspace.store, other)).toMatch(/needs the key [0-9a-f]{12}/)
})

async function saveSecret(): Promise<void> {
  const app = buildHttp(opened.workspace)
  const post = async (url: string, payload: object) => (await app.inject({ method: 'POST', url: `/api${url}`, payload })).json()
  const type = await post('/block_types/', { name: 'login', slug: 'login' })
  const schema = await post('/block_schemas/', { fields: { block_type_slug: 'login' }, block_type_id: type.id })
  await post('/block_documents/', { name: 'me', data: { password: 'x' }, block_schema_id: schema.id, block_type_id: type.id })
  await app.close()
}
