import { pageFields } from '@aedile/core/filters/page'
import { workerFilter } from '@aedile/core/filters/worker'
import { worker, workerHeartbeat } from '@aedile/core/resources/work-pool'
import { sql } from 'kysely'
import { z } from 'zod'
import { workerCondition } from '../../store/queries/filters/worker.ts'
import { readPage } from '../../store/queries/page.ts'
import { HttpError, keyedBody, type Route, route } from '../route.ts'
import { findWorkPool } from '../work-pools/find-work-pool.ts'
import { recordHeartbeat } from './record-heartbeat.ts'
import { toWorker } from './worker-document.ts'

const inPool = z.object({ work_pool_name: z.string() })

/** Source: WC 5.6, 10. */
export const routes: Route[] = [
  route({
    method: 'POST',
    path: '/work_pools/:work_pool_name/workers/heartbeat',
    summary: 'Tell that a worker lives',
    resource: 'worker',
    action: 'update',
    params: inPool,
    body: keyedBody(workerHeartbeat.shape),
    responses: { 204: null, 404: null },
    async handle({ workspace, params, body, reply }) {
      const beat = {
        poolName: params.work_pool_name,
        workerName: body.name,
        intervalSeconds: body.heartbeat_interval_seconds ?? null,
        settingNames: body.setting_names ?? undefined,
      }
      await workspace.store.write((transaction) => recordHeartbeat(transaction, workspace, beat))
      reply.code(204)
    },
  }),
  route({
    method: 'POST',
    path: '/work_pools/:work_pool_name/workers/filter',
    summary: 'Search the workers of a pool',
    resource: 'worker',
    action: 'read',
    params: inPool,
    body: keyedBody({ workers: workerFilter.optional(), ...pageFields }),
    responses: { 200: z.array(worker), 404: null },
    async handle({ workspace: { store, settings }, params, body: { workers, ...asked } }) {
      const pool = await findWorkPool(store.db, params.work_pool_name)
      const { limit, offset } = readPage(asked, settings.defaultLimit)
      const query = store.db
        .selectFrom('worker')
        .selectAll()
        .where('work_pool_id', '=', pool.id)
        .orderBy(sql`last_heartbeat_time desc nulls last`)
        .orderBy('id')
        .limit(limit)
        .offset(offset)
      const rows = await store.search((workers ? query.where(workerCondition(workers, store.kind)) : query).compile())
      return rows.map(toWorker)
    },
  }),
  route({
    method: 'DELETE',
    path: '/work_pools/:work_pool_name/workers/:name',
    summary: 'Forget a worker',
    resource: 'worker',
    action: 'delete',
    params: inPool.extend({ name: z.string() }),
    responses: { 204: null, 404: null },
    async handle({ workspace: { store }, params, reply }) {
      const pool = await findWorkPool(store.db, params.work_pool_name)
      const result = await store.write(({ db }) =>
        db.deleteFrom('worker').where('work_pool_id', '=', pool.id).where('name', '=', params.name).executeTakeFirst(),
      )
      if (Number(result.numDeletedRows) === 0) throw new HttpError(404, 'Worker not found.')
      reply.code(204)
    },
  }),
]
