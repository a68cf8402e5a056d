import { pageFields } from '@aedile/core/filters/page'
import { workQueueFilter } from '@aedile/core/filters/work-queue'
import { workQueue, workQueueCreate, workQueueUpdate } from '@aedile/core/resources/work-pool'
import { z } from 'zod'
import { workQueueCondition } from '../../store/queries/filters/work-queue.ts'
import { readPage } from '../../store/queries/page.ts'
import { keyedBody, type Route, route } from '../route.ts'
import { findPoolQueue, findWorkPool } from '../work-pools/find-work-pool.ts'
import { loadWorkQueues, toWorkQueue } from './work-queue-document.ts'
import { createWorkQueue, deleteWorkQueue, updateWorkQueue } from './write-work-queue.ts'

const inPool = z.object({ work_pool_name: z.string() })
const byName = inPool.extend({ name: z.string() })

/** The queues of a work pool. Source: WC 5.4, 10. */
export const routes: Route[] = [
  route({
    method: 'POST',
    path: '/work_pools/:work_pool_name/queues',
    summary: 'Make a queue in a work pool',
    resource: 'work-queue',
    action: 'create',
    params: inPool,
    body: workQueueCreate,
    responses: { 201: workQueue, 404: null, 409: null },
    async handle({ workspace, params: { work_pool_name: poolName }, body, reply }) {
      const row = await workspace.store.write(async (transaction) => {
        return createWorkQueue(transaction, workspace, await findWorkPool(transaction.db, poolName), body)
      })
      reply.code(201)
      return toWorkQueue(row, poolName)
    },
  }),
  route({
    method: 'GET',
    path: '/work_pools/:work_pool_name/queues/:name',
    summary: 'Read a queue of a work pool',
    resource: 'work-queue',
    action: 'read',
    params: byName,
    responses: { 200: workQueue, 404: null },
    async handle({ workspace: { store }, params }) {
      const pool = await findWorkPool(store.db, params.work_pool_name)
      const row = await findPoolQueue(store.db, pool, params.name)
      return (await loadWorkQueues(store.db, [{ row, poolName: pool.name }]))[0]
    },
  }),
  route({
    method: 'PATCH',
    path: '/work_pools/:work_pool_name/queues/:name',
    summary: 'Change a queue of a work pool',
    resource: 'work-queue',
    action: 'update',
    params: byName,
    body: workQueueUpdate,
    responses: { 204: null, 404: null },
    async handle({ workspace, params, body, reply }) {
      await workspace.store.write(async (transaction) => {
        const pool = await findWorkPool(transaction.db, params.work_pool_name)
        const before = await findPoolQueue(transaction.db, pool, params.name)
        await updateWorkQueue(transaction, workspace, { pool, before }, body)
      })
      reply.code(204)
    },
  }),
  route({
    method: 'DELETE',
    path: '/work_pools/:work_pool_name/queues/:name',
    summary: 'Delete a queue of a work pool',
    resource: 'work-queue',
    action: 'delete',
    params: byName,
    responses: { 204: null, 404: null, 409: null },
    async handle({ workspace, params, reply }) {
      await workspace.store.write(async (transaction) => {
        const pool = await findWorkPool(transaction.db, params.work_pool_name)
        await deleteWorkQueue(transaction, workspace, pool, await findPoolQueue(transaction.db, pool, params.name))
      })
      reply.code(204)
    },
  }),
  route({
    method: 'POST',
    path: '/work_pools/:work_pool_name/queues/filter',
    summary: 'Search the queues of a work pool',
    resource: 'work-queue',
    action: 'read',
    params: inPool,
    body: keyedBody({ work_queues: workQueueFilter.optional(), ...pageFields }),
    responses: { 200: z.array(workQueue), 404: null },
    async handle({ workspace: { store, settings }, params, body: { work_queues, ...asked } }) {
      const pool = await findWorkPool(store.db, params.work_pool_name)
      const { limit, offset } = readPage(asked, settings.defaultLimit)
      const query = store.db.selectFrom('work_queue').selectAll().where('work_pool_id', '=', pool.id)
      const matching = work_queues ? query.where(workQueueCondition(work_queues, store.kind)) : query
      const rows = await store.search(matching.orderBy('priority').orderBy('id').limit(limit).offset(offset).compile())
      const queues = rows.map((row) => ({ row, poolName: pool.name }))
      return loadWorkQueues(store.db, queues)
    },
  }),
]
