import { pageFields } from '@aedile/core/filters/page'
import { concurrencyLimit, concurrencyLimitCreate, minimalConcurrencyLimit } from '@aedile/core/resources/concurrency-limit'
import { uuid } from '@aedile/core/resources/scalars'
import type { Kysely } from 'kysely'
import { z } from 'zod'
import { readPage } from '../../store/queries/page.ts'
import type { ConcurrencyLimitTable, Database } from '../../store/tables.ts'
import { HttpError, keyedBody, type Route, route } from '../route.ts'
import { acquireTags, nameOfTag, releaseTags, resetTag, toTagLimit } from './tag-limit.ts'
import { createLimit, deleteLimit, updateLimit } from './write-limit.ts'

const byId = z.object({ id: uuid })
const byTag = z.object({ tag: z.string() })
type Key = { id: string } | { tag: string }
const holding = { names: z.array(z.string()), task_run_id: uuid }

/** Limits by tag, as older clients know them: adapters over the limits named `tag:<tag>`. Source: WC 1.16. */
export const routes: Route[] = [
  route({
    method: 'POST',
    path: '/concurrency_limits/',
    summary: 'Make or change the limit of a tag',
    resource: 'concurrency-limit',
    action: 'create',
    body: concurrencyLimitCreate,
    responses: { 201: concurrencyLimit, 200: concurrencyLimit },
    async handle({ workspace, body, reply }) {
      const name = nameOfTag(body.tag)
      const created = await workspace.store.write(async (transaction) => {
        const before = await transaction.db
          .selectFrom('concurrency_limit')
          .selectAll()
          .where('name', '=', name)
          .executeTakeFirst()
        const limit = body.concurrency_limit
        if (before) await updateLimit(transaction, workspace, before, { limit })
        else {
          const start = { active: true, active_slots: 0, denied_slots: 0, slot_decay_per_second: 0 }
          await createLimit(transaction, workspace, { name, limit, ...start })
        }
        return !before
      })
      reply.code(created ? 201 : 200)
      return toTagLimit(workspace.store.db, await findTagLimit(workspace.store.db, { tag: body.tag }))
    },
  }),
  ...[
    { path: '/concurrency_limits/:id', params: byId },
    { path: '/concurrency_limits/tag/:tag', params: byTag },
  ].flatMap(({ path, params }) => keyedRoutes(path, params as z.ZodType<Key>)),
  route({
    method: 'POST',
    path: '/concurrency_limits/filter',
    summary: 'List the limits of tags',
    resource: 'concurrency-limit',
    action: 'read',
    body: keyedBody(pageFields),
    responses: { 200: z.array(concurrencyLimit) },
    async handle({ workspace: { store, settings }, body }) {
      const { limit, offset } = readPage(body, settings.defaultLimit)
      const query = store.db.selectFrom('concurrency_limit').selectAll().where('name', 'like', 'tag:%').orderBy('name')
      const rows = await store.search(query.limit(limit).offset(offset).compile())
      return Promise.all(rows.map((row) => toTagLimit(store.db, row)))
    },
  }),
  route({
    method: 'POST',
    path: '/concurrency_limits/tag/:tag/reset',
    summary: 'Forget who holds slots of a tag',
    resource: 'concurrency-limit',
    action: 'update',
    params: byTag,
    body: keyedBody({ slot_override: z.array(uuid).optional() }),
    responses: { 200: null, 404: null },
    async handle({ workspace, params: { tag }, body: { slot_override } }) {
      await workspace.store.write((transaction) => resetTag(transaction, tag, slot_override ?? []))
      return null
    },
  }),
  route({
    method: 'POST',
    path: '/concurrency_limits/increment',
    summary: 'Take a slot of each tag',
    resource: 'concurrency-limit',
    action: 'run',
    body: keyedBody(holding),
    responses: { 200: z.array(minimalConcurrencyLimit), 423: null },
    handle: ({ workspace, body }) => acquireTags(workspace, body.names, body.task_run_id),
  }),
  route({
    method: 'POST',
    path: '/concurrency_limits/decrement',
    summary: 'Give a slot of each tag back',
    resource: 'concurrency-limit',
    action: 'run',
    body: keyedBody(holding),
    responses: { 200: z.array(minimalConcurrencyLimit) },
    handle: ({ workspace, body }) => releaseTags(workspace, body.names, body.task_run_id),
  }),
]

function keyedRoutes(path: string, params: z.ZodType<Key>): Route[] {
  return [
    route({
      method: 'GET',
      path,
      summary: 'Read the limit of a tag',
      resource: 'concurrency-limit',
      action: 'read',
      params,
      responses: { 200: concurrencyLimit, 404: null },
      handle: async ({ workspace: { store }, params: key }) => toTagLimit(store.db, await findTagLimit(store.db, key)),
    }),
    route({
      method: 'DELETE',
      path,
      summary: 'Delete the limit of a tag',
      resource: 'concurrency-limit',
      action: 'delete',
      params,
      responses: { 200: null, 404: null },
      async handle({ workspace, params: key }) {
        await workspace.store.write(async (transaction) => {
          await deleteLimit(transaction, workspace, await findTagLimit(transaction.db, key))
        })
        return null
      },
    }),
  ]
}

async function findTagLimit(db: Kysely<Database>, key: Key): Promise<ConcurrencyLimitTable> {
  const limits = db.selectFrom('concurrency_limit').selectAll().where('name', 'like', 'tag:%')
  const row = await ('id' in key
    ? limits.where('id', '=', key.id)
    : limits.where('name', '=', nameOfTag(key.tag))
  ).executeTakeFirst()
  if (!row) throw new HttpError(404, 'Concurrency limit not found')
  return row
}
