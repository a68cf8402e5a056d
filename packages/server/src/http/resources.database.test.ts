import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestWorkspace, type TestWorkspace } from '../testing/workspace.ts'
import { installSystemBlocks } from './blocks/install-system-blocks.ts'
import { buildHttp } from './build.ts'

let opened: TestWorkspace
let app: FastifyInstance

beforeEach(async () => {
  opened = await openTestWorkspace()
  app = buildHttp(opened.workspace)
})
afterEach(async () => {
  await app.close()
  await opened.close()
})

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT'
/** Sends one request; answers `[status, body]`. */
// biome-ignore lint/suspicious/noExplicitAny: answers are compared, not computed with
async function send(method: Method, url: string, body?: unknown): Promise<[number, any]> {
  const answer = await app.inject({
    method,
    url: `/api${url}`,
    ...(body !== undefined && { payload: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
  return [answer.statusCode, answer.body === '' ? null : answer.json()]
}
const UNKNOWN = '00000000-0000-4000-8000-000000000000'

describe('flows', () => {
  it('are made once per name, and keep what they were made with', async () => {
    const [created, flow] = await send('POST', '/flows/', { name: 'etl', tags: ['a'], labels: { n: 1 } })
    const [again, same] = await send('POST', '/flows/', { name: 'etl', tags: ['b'] })
    expect([created, again]).toEqual([201, 200])
    expect(same).toEqual(flow)
    expect(Object.keys(flow)).toEqual(['id', 'created', 'updated', 'name', 'tags', 'labels'])
    expect(flow).toMatchObject({ name: 'etl', tags: ['a'], labels: { n: 1 } })
    expect(await send('GET', `/flows/${flow.id}`)).toEqual([200, flow])
    expect(await send('GET', `/flows/${flow.id.toUpperCase()}`)).toEqual([200, flow])
    expect(await send('GET', '/flows/name/etl')).toEqual([200, flow])
  })

  it('are one when many make it at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => send('POST', '/flows/', { name: 'raced' })))
    expect(answers.map(([status]) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201])
    expect(new Set(answers.map(([, { id }]) => id)).size).toBe(1)
  })

  it('are searched, counted, paged, changed and deleted', async () => {
    for (const name of ['c', 'a', 'b']) await send('POST', '/flows/', { name, tags: [name] })
    const names = async (url: string, body: object) =>
      (await send('POST', url, body))[1].map(({ name }: { name: string }) => name)
    expect(await names('/flows/filter', {})).toEqual(['a', 'b', 'c'])
    expect(await names('/flows/filter', { sort: 'NAME_DESC', limit: 1, offset: 1 })).toEqual(['b'])
    expect(await names('/flows/filter', { limit: 0 })).toEqual([])
    expect(await names('/flows/filter', { flows: { operator: 'and_', name: { like_: 'B' }, tags: null } })).toEqual(['b'])
    expect(await names('/flows/filter', { flows: { tags: { all_: ['c'] } }, deployments: null })).toEqual(['c'])
    expect(await send('POST', '/flows/count', { flows: { name: { any_: ['a', 'b'] } } })).toEqual([200, 2])
    const [, page] = await send('POST', '/flows/paginate', { limit: 2, page: 2 })
    expect(page).toMatchObject({ count: 3, limit: 2, pages: 2, page: 2, results: [{ name: 'c' }] })
    const [id] = await (async () => (await send('POST', '/flows/filter', {}))[1].map((flow: { id: string }) => flow.id))()
    expect(await send('PATCH', `/flows/${id}`, { tags: ['new'] })).toEqual([204, null])
    expect((await send('GET', `/flows/${id}`))[1].tags).toEqual(['new'])
    expect(await send('DELETE', `/flows/${id}`)).toEqual([204, null])
    expect(await send('GET', `/flows/${id}`)).toMatchObject([404, { detail: 'Flow not found' }])
    expect((await send('POST', '/flows/bulk_delete', { flows: { name: { any_: ['b'] } } }))[1].deleted).toHaveLength(1)
    expect(await names('/flows/filter', {})).toEqual(['c'])
  })

  it('refuse unknown ids, filters and sorts', async () => {
    expect((await send('PATCH', `/flows/${UNKNOWN}`, { tags: [] }))[0]).toBe(404)
    expect((await send('DELETE', `/flows/${UNKNOWN}`))[0]).toBe(404)
    expect((await send('POST', '/flows/filter', { flows: { bogus: 1 } }))[0]).toBe(422)
    expect((await send('POST', '/flows/filter', { sort: 'BOGUS' }))[1].exception_detail[0].loc).toEqual(['body', 'sort'])
    expect((await send('POST', '/flows/paginate', { page: 0 }))[0]).toBe(422)
  })
})

describe('variables', () => {
  it('keep any JSON with its keys in order, by id and by name', async () => {
    const value = { z: 1, a: [null, true, 'é'] }
    const [status, made] = await send('POST', '/variables/', { name: 'v', value, tags: ['t'] })
    expect(status).toBe(201)
    expect(JSON.stringify(made.value)).toBe(JSON.stringify(value))
    expect(await send('GET', `/variables/${made.id}`)).toEqual([200, made])
    expect(await send('PATCH', '/variables/name/v', { value: null })).toEqual([204, null])
    expect((await send('GET', '/variables/name/v'))[1]).toMatchObject({ value: null, tags: ['t'] })
    expect(await send('PATCH', `/variables/${made.id}`, { name: 'w' })).toEqual([204, null])
    expect(await send('GET', '/variables/name/v')).toMatchObject([404, { detail: 'Variable not found.' }])
    expect(await send('DELETE', '/variables/name/w')).toEqual([204, null])
    expect((await send('DELETE', `/variables/${made.id}`))[0]).toBe(404)
  })

  it('have one name each', async () => {
    await send('POST', '/variables/', { name: 'a', value: 1 })
    await send('POST', '/variables/', { name: 'b', value: 1 })
    const taken = { detail: "A variable with the name 'a' already exists." }
    expect(await send('POST', '/variables/', { name: 'a', value: 2 })).toMatchObject([409, taken])
    expect(await send('PATCH', '/variables/name/b', { name: 'a' })).toMatchObject([409, taken])
    expect((await send('POST', '/variables/', { name: 'Not Valid', value: 1 }))[0]).toBe(422)
    expect((await send('POST', '/variables/', { name: 'long', value: 'x'.repeat(5000) }))[0]).toBe(422)
    expect(await send('POST', '/variables/count', {})).toEqual([200, 2])
    const [, found] = await send('POST', '/variables/filter', { variables: { name: { any_: ['b'] } } })
    expect(found).toMatchObject([{ name: 'b' }])
  })
})

describe('artifacts', () => {
  it('have a latest one per key, which is the one before when it is deleted', async () => {
    const make = async (data: unknown) => (await send('POST', '/artifacts/', { key: 'report', type: 'table', data }))[1]
    const first = await make([1])
    const second = await make({ rows: 2 })
    expect((await send('GET', '/artifacts/report/latest'))[1]).toEqual(second)
    expect((await send('POST', '/artifacts/latest/filter', {}))[1]).toMatchObject([{ key: 'report', latest_id: second.id }])
    expect(await send('PATCH', `/artifacts/${second.id}`, { description: 'new' })).toEqual([204, null])
    expect((await send('POST', '/artifacts/latest/filter', {}))[1]).toMatchObject([{ description: 'new', data: { rows: 2 } }])
    expect(await send('DELETE', `/artifacts/${second.id}`)).toEqual([204, null])
    expect((await send('GET', '/artifacts/report/latest'))[1].id).toBe(first.id)
    expect(await send('DELETE', `/artifacts/${first.id}`)).toEqual([204, null])
    expect(await send('GET', '/artifacts/report/latest')).toMatchObject([404, { detail: 'Artifact not found.' }])
    expect(await send('POST', '/artifacts/latest/count', {})).toEqual([200, 0])
  })

  it('are searched by key and type, and their metadata is cut', async () => {
    await send('POST', '/artifacts/', { key: 'a', type: 'markdown', data: 'x', metadata_: { long: 'y'.repeat(600) } })
    await send('POST', '/artifacts/', { type: 'progress', data: 0.5 })
    const [, found] = await send('POST', '/artifacts/filter', { artifacts: { key: { exists_: true } } })
    expect(found).toHaveLength(1)
    expect(found[0].metadata_.long).toBe(`${'y'.repeat(500)}...`)
    expect(await send('POST', '/artifacts/count', { artifacts: { type: { not_any_: ['markdown'] } } })).toEqual([200, 1])
    expect((await send('POST', '/artifacts/', { key: 'Not Valid' }))[0]).toBe(422)
  })
})

describe('blocks', () => {
  const fields = {
    title: 'Login',
    type: 'object',
    properties: { user: { type: 'string' }, password: { type: 'string' }, headers: { type: 'object' } },
    secret_fields: ['password', 'headers.*'],
    block_type_slug: 'login',
    block_schema_references: {},
  }
  async function makeType(slug = 'login') {
    const [, type] = await send('POST', '/block_types/', { name: slug, slug })
    const [, schema] = await send('POST', '/block_schemas/', {
      fields: { ...fields, block_type_slug: slug },
      block_type_id: type.id,
      capabilities: ['b', 'a'],
      version: '1',
    })
    const make = (name: string | null, data: object, more: object = {}) =>
      send('POST', '/block_documents/', { name, data, block_schema_id: schema.id, block_type_id: type.id, ...more })
    return { type, schema, make }
  }

  it('have types with unique slugs; reserved names and protected types are refused', async () => {
    const { type } = await makeType()
    expect(await send('GET', '/block_types/slug/login')).toEqual([200, type])
    expect(await send('POST', '/block_types/', { name: 'login', slug: 'login' })).toMatchObject([
      409,
      { detail: 'Block type with name "login" already exists' },
    ])
    expect((await send('POST', '/block_types/', { name: 'Prefect thing', slug: 'x' }))[0]).toBe(403)
    expect(await send('PATCH', `/block_types/${type.id}`, { description: 'new' })).toEqual([204, null])
    expect((await send('GET', `/block_types/${type.id}`))[1].description).toBe('new')
    await installSystemBlocks(opened.workspace.store)
    await installSystemBlocks(opened.workspace.store)
    const [, secret] = await send('GET', '/block_types/slug/secret')
    expect(await send('DELETE', `/block_types/${secret.id}`)).toMatchObject([
      403,
      { detail: 'protected block types cannot be deleted.' },
    ])
    expect(await send('DELETE', `/block_types/${type.id}`)).toEqual([204, null])
    expect(
      (await send('POST', '/block_types/filter', { block_schemas: { block_capabilities: { all_: ['write-path'] } } }))[1].length,
    ).toBe(3)
  })

  it('have one schema per checksum and version', async () => {
    const { type, schema } = await makeType()
    const body = { fields, block_type_id: type.id, capabilities: ['b', 'a'], version: '1' }
    expect(await send('POST', '/block_schemas/', body)).toEqual([200, schema])
    expect((await send('POST', '/block_schemas/', { ...body, version: '2' }))[0]).toBe(201)
    expect(await send('GET', `/block_schemas/checksum/${schema.checksum}?version=1`)).toEqual([200, schema])
    expect((await send('GET', `/block_schemas/checksum/${schema.checksum}`))[1].version).toBe('2')
    expect(schema).toMatchObject({ fields, block_type: { slug: 'login' }, capabilities: ['b', 'a'] })
    expect(await send('GET', '/block_capabilities/')).toEqual([200, ['a', 'b']])
    expect((await send('POST', '/block_schemas/', { fields, block_type_id: UNKNOWN }))[0]).toBe(404)
  })

  it('keep secrets encrypted, and show them only when asked', async () => {
    const { make } = await makeType()
    const data = { user: 'me', password: 'hunter2', headers: { token: 'abc' } }
    const [status, made] = await make('mine', data)
    expect(status).toBe(201)
    expect(made.data).toEqual({ user: 'me', password: '********', headers: { token: '********' } })
    expect(made).toMatchObject({ block_type_name: 'login', block_schema: { block_type: { slug: 'login' } }, is_anonymous: false })
    const path = '/block_types/slug/login/block_documents/name/mine'
    expect((await send('GET', path))[1].data.password).toBe('********')
    expect((await send('GET', `${path}?include_secrets=true`))[1].data).toEqual(data)
    const stored = await opened.workspace.store.db.selectFrom('block_document').select('data').executeTakeFirstOrThrow()
    expect(stored.data).not.toContain('hunter2')
    expect(await make('mine', data)).toMatchObject([409, { detail: 'Block already exists' }])
    expect((await make(null, data))[0]).toBe(422)
    expect((await make(null, data, { is_anonymous: true }))[1].name).toMatch(/^anonymous-/)
    expect((await send('POST', '/block_documents/filter', {}))[1]).toHaveLength(1)
    expect(await send('POST', '/block_documents/count', { block_documents: { is_anonymous: null } })).toEqual([200, 2])
  })

  it('merge an update into what is stored, and keep secrets that come back masked', async () => {
    const { make } = await makeType()
    const [, { id }] = await make('mine', { user: 'me', password: 'hunter2' })
    const read = async () => (await send('GET', `/block_documents/${id}?include_secrets=true`))[1].data
    expect(await send('PATCH', `/block_documents/${id}`, { data: { password: '********', user: 'you' } })).toEqual([204, null])
    expect(await read()).toEqual({ user: 'you', password: 'hunter2' })
    await send('PATCH', `/block_documents/${id}`, { data: { extra: 1 } })
    expect(await read()).toEqual({ user: 'you', password: 'hunter2', extra: 1 })
    await send('PATCH', `/block_documents/${id}`, { data: { user: 'x' }, merge_existing_data: false })
    expect(await read()).toEqual({ user: 'x' })
    expect(await send('DELETE', `/block_documents/${id}`)).toEqual([204, null])
    expect(await send('GET', `/block_documents/${id}`)).toMatchObject([404, { detail: 'Block document not found' }])
  })

  it('refer to other blocks, whose data is read with them, and never in a circle', async () => {
    const { make } = await makeType()
    const reference = (id: string) => ({ $ref: { block_document_id: id } })
    const [, inner] = await make('inner', { password: 'deep' })
    const [, outer] = await make('outer', { user: 'me', child: reference(inner.id) })
    expect(outer.data).toEqual({ user: 'me', child: { password: '********' } })
    expect(outer.block_document_references).toMatchObject({ child: { block_document: { id: inner.id, name: 'inner' } } })
    await send('PATCH', `/block_documents/${outer.id}`, { data: { user: 'you' } })
    const [, read] = await send('GET', `/block_documents/${outer.id}?include_secrets=true`)
    expect(read.data).toEqual({ user: 'you', child: { password: 'deep' } })
    const [status, refused] = await send('PATCH', `/block_documents/${inner.id}`, { data: { back: reference(outer.id) } })
    expect([status, refused.detail]).toEqual([400, expect.stringContaining('cycle')])
    await send('PATCH', `/block_documents/${outer.id}`, { data: { child: 'plain' } })
    expect((await send('GET', `/block_documents/${outer.id}`))[1]).toMatchObject({
      data: { user: 'you', child: 'plain' },
      block_document_references: {},
    })
  })

  it('can be the default place for results, when they can write', async () => {
    const { make } = await makeType()
    const [, { id: unable }] = await make('unable', {})
    await installSystemBlocks(opened.workspace.store)
    const [, [type]] = await send('POST', '/block_types/filter', { block_types: { slug: { any_: ['local-file-system'] } } })
    const [, [schema]] = await send('POST', '/block_schemas/filter', { block_schemas: { block_type_id: { any_: [type.id] } } })
    const body = { name: 'files', data: {}, block_schema_id: schema.id, block_type_id: type.id }
    const [, { id }] = await send('POST', '/block_documents/', body)
    const none = { default_result_storage_block_id: null }
    expect(await send('GET', '/admin/storage')).toEqual([200, none])
    const set = { default_result_storage_block_id: id }
    expect(await send('PUT', '/admin/storage', set)).toEqual([200, set])
    expect((await send('PUT', '/admin/storage', { default_result_storage_block_id: unable }))[0]).toBe(422)
    expect((await send('PUT', '/admin/storage', { default_result_storage_block_id: UNKNOWN }))[0]).toBe(404)
    await send('DELETE', `/block_documents/${id}`)
    expect(await send('GET', '/admin/storage')).toEqual([200, none])
    expect(await send('DELETE', '/admin/storage')).toEqual([204, null])
  })
})

describe('events', () => {
  it('tell what happened to flows, variables, artifacts and blocks, without secrets', async () => {
    await send('POST', '/flows/', { name: 'f' })
    await send('POST', '/flows/', { name: 'f' })
    await send('POST', '/variables/', { name: 'v', value: 1 })
    await send('PATCH', '/variables/name/v', { value: 2 })
    await send('DELETE', '/variables/name/v')
    await send('POST', '/artifacts/', { key: 'k' })
    await installSystemBlocks(opened.workspace.store)
    const [, type] = await send('GET', '/block_types/slug/webhook')
    const [, [schema]] = await send('POST', '/block_schemas/filter', { block_schemas: { block_type_id: { any_: [type.id] } } })
    const body = { name: 'w', data: { url: 'secret', method: 'GET' }, block_schema_id: schema.id, block_type_id: type.id }
    const [, { id }] = await send('POST', '/block_documents/', body)
    await send('DELETE', `/block_documents/${id}`)
    const outbox = await opened.workspace.store.db.selectFrom('outbox').select('payload').orderBy('sequence').execute()
    const rows = outbox.map(({ payload }) => JSON.parse(payload))
    expect(rows.map(({ event }) => event)).toEqual([
      'prefect.flow.created',
      'prefect.variable.created',
      'prefect.variable.updated',
      'prefect.variable.deleted',
      'prefect.artifact-collection.created',
      'prefect.block-document.created',
      'prefect.block-document.deleted',
    ])
    expect(rows[2].payload).toEqual({ name: 'v', value: 2, tags: [] })
    expect(rows[5].payload).toMatchObject({ name: 'w', data: { method: 'GET' } })
    expect(JSON.stringify(rows)).not.toContain('"secret"')
  })
})

describe('collections', () => {
  it('know the views that clients ask for', async () => {
    expect(await send('GET', '/collections/views/aggregate-worker-metadata')).toEqual([200, {}])
    expect(await send('GET', '/collections/views/demo-flows')).toEqual([200, {}])
    expect(await send('GET', '/collections/views/nope')).toMatchObject([404, { detail: 'View nope not found in registry' }])
  })
})
