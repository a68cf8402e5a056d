import { pageFields } from '@aedile/core/filters/page'
import { workQueueFilter } from '@aedile/core/filters/work-queue'
import { flowRun } from '@aedile/core/resources/flow-run'
import { timestamp, uuid } from '@aedile/core/resources/scalars'
import { workQueue, workQueueCreate, workQueueUpdate } from '@aedile/core/resources/work-pool'
import { formatTimestamp } from '@aedile/core/time'
import { z } from 'zod'
import { workQueueCondition } from '../../store/queries/filters/work-queue.ts'
import { readNumberedPage, readPage } from '../../store/queries/page.ts'
import { HttpError, keyedBody, type Route, route } from '../route.ts'
import { readQueueConcurrency } from '../work-pools/concurrency-status.ts'
import { AGENT_POOL, ensureAgentPool } from './assign-work-queue.ts'
import { findQueueById, readPolledRuns, readQueueHealth, recordRequestAsPoll } from './legacy-queue.ts'
import { routes as poolQueueRoutes } from './pool-queue-routes.ts'
import { loadWorkQueues, toWorkQueue } from './work-queue-document.ts'
import { createWorkQueue, deleteWorkQueue, updateWorkQueue } from './write-work-queue.ts'

const params = z.object({ id: uuid })

/** Queues by their id or, in the agent pool, by their name, as older clients know them. Source: WC 5.4, 10. */
export const routes: Route[] = [
  ...poolQueueRoutes,
  route({
    method: 'POST',
    path: '/work_queues/',
    summary: 'Make a queue in the agent pool',
    resource: 'work-queue',
    action: 'create',
    body: workQueueCreate,
    responses: { 201: workQueue, 409: null },
    async handle({ workspace, body, reply }) {
      const row = await workspace.store.write(async (transaction) => {
        const pool = await ensureAgentPool(transaction, workspace)
        const taken = await transaction.db
          .selectFrom('work_queue')
          .select('id')
          .where('work_pool_id', '=', pool.id)
          .where('name', '=', body.name)
          .executeTakeFirst()
        if (taken) throw new HttpError(409, 'A work queue with this name already exists.')
        return createWorkQueue(transaction, workspace, pool, body)
      })
      reply.code(201)
      return toWorkQueue(row, AGENT_POOL)
    },
  }),
  route({
    method: 'PATCH',
    path: '/work_queues/:id',
    summary: 'Change a queue',
    resource: 'work-queue',
    action: 'update',
    params,
    body: workQueueUpdate,
    responses: { 204: null, 404: null },
    async handle({ workspace, params: { id }, body, reply }) {
      await workspace.store.write(async (transaction) => {
        const { queue, pool } = await findQueueById(transaction.db, id)
        await updateWorkQueue(transaction, workspace, { pool, before: queue }, body)
      })
      reply.code(204)
    },
  }),
  route({
    method: 'GET',
    path: '/work_queues/:id',
    summary: 'Read a queue',
    resource: 'work-queue',
    action: 'read',
    params,
    responses: { 200: workQueue, 404: null },
    async handle({ workspace, params: { id } }) {
      const { queue, pool } = await findQueueById(workspace.store.db, id)
      return (await loadWorkQueues(workspace.store.db, [{ row: queue, poolName: pool.name }]))[0]
    },
  }),
  route({
    method: 'GET',
    path: '/work_queues/name/:name',
    summary: 'Read a queue of the agent pool by its name',
    resource: 'work-queue',
    action: 'read',
    params: z.object({ name: z.string() }),
    responses: { 200: workQueue, 404: null },
    async handle({ workspace, params: { name }, request }) {
      const row = await workspace.store.db
        .selectFrom('work_queue')
        .innerJoin('work_pool', 'work_pool.id', 'work_queue.work_pool_id')
        .selectAll('work_queue')
        .where('work_pool.name', '=', AGENT_POOL)
        .where('work_queue.name', '=', name)
        .executeTakeFirst()
      if (!row) throw new HttpError(404, 'work queue not found')
      recordRequestAsPoll(workspace, request, row)
      return (await loadWorkQueues(workspace.store.db, [{ row, poolName: AGENT_POOL }]))[0]
    },
  }),
  route({
    method: 'DELETE',
    path: '/work_queues/:id',
    summary: 'Delete a queue',
    resource: 'work-queue',
    action: 'delete',
    params,
    responses: { 204: null, 404: null, 409: null },
    async handle({ workspace, params: { id }, reply }) {
      await workspace.store.write(async (transaction) => {
        const { queue, pool } = await findQueueById(transaction.db, id)
        await deleteWorkQueue(transaction, workspace, pool, queue)
      })
      reply.code(204)
    },
  }),
  route({
    method: 'POST',
    path: '/work_queues/filter',
    summary: 'Search queues',
    resource: 'work-queue',
    action: 'read',
    body: keyedBody({ work_queues: workQueueFilter.optional(), ...pageFields }),
    responses: { 200: z.array(workQueue) },
    async handle({ workspace: { store, settings }, body: { work_queues, ...asked } }) {
      const { limit, offset } = readPage(asked, settings.defaultLimit)
      const query = store.db
        .selectFrom('work_queue')
        .innerJoin('work_pool', 'work_pool.id', 'work_queue.work_pool_id')
        .selectAll('work_queue')
        .select('work_pool.name as pool')
        .orderBy('work_queue.name')
        .orderBy('work_queue.id')
        .limit(limit)
        .offset(offset)
      const matching = work_queues ? query.where(workQueueCondition(work_queues, store.kind)) : query
      const rows = await store.search(matching.compile())
      return loadWorkQueues(
        store.db,
        rows.map(({ pool, ...row }) => ({ row, poolName: pool })),
      )
    },
  }),
  route({
    method: 'POST',
    path: '/work_queues/:id/get_runs',
    summary: 'Read the runs of a queue that may be started now',
    resource: 'flow-run',
    action: 'read',
    params,
    body: keyedBody({ scheduled_before: timestamp.optional(), limit: z.int().optional(), agent_id: uuid.optional() }),
    responses: { 200: z.array(flowRun), 404: null },
    async handle({ workspace, params: { id }, body, request }) {
      const { queue, pool } = await findQueueById(workspace.store.db, id)
      const { limit } = readPage(body, workspace.settings.defaultLimit)
      recordRequestAsPoll(workspace, request, queue)
      return readPolledRuns(workspace.store, { queue, pool }, { limit, scheduledBefore: body.scheduled_before })
    },
  }),
  route({
    method: 'POST',
    path: '/work_queues/:id/concurrency_status',
    summary: 'Read who holds the slots of a queue',
    resource: 'work-queue',
    action: 'read',
    params,
    body: keyedBody({ page: z.int().min(1).default(1), limit: z.int().optional() }),
    responses: { 200: z.record(z.string(), z.unknown()), 404: null },
    async handle({ workspace: { store, settings }, params: { id }, body }) {
      const { queue } = await findQueueById(store.db, id, 'Work queue not found.')
      return readQueueConcurrency(store, queue, { ...readNumberedPage(body, settings.defaultLimit), page: body.page })
    },
  }),
  route({
    method: 'GET',
    path: '/work_queues/:id/status',
    summary: 'Read whether a queue is healthy',
    resource: 'work-queue',
    action: 'read',
    params,
    responses: { 200: z.record(z.string(), z.unknown()), 404: null },
    async handle({ workspace: { store }, params: { id } }) {
      const { queue } = await findQueueById(store.db, id)
      const { healthy, lateRuns } = await readQueueHealth(store, queue)
      return {
        healthy,
        late_runs_count: lateRuns,
        last_polled: queue.last_polled === null ? null : formatTimestamp(queue.last_polled),
        health_check_policy: { maximum_late_runs: 0, maximum_seconds_since_last_polled: 60 },
      }
    },
  }),
]
