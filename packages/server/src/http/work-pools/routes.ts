import { pageFields } from '@aedile/core/filters/page'
import { workPoolFilter } from '@aedile/core/filters/work-pool'
import { workerFlowRun } from '@aedile/core/resources/flow-run'
import { timestamp } from '@aedile/core/resources/scalars'
import { workPool, workPoolCreate, workPoolUpdate } from '@aedile/core/resources/work-pool'
import { sql } from 'kysely'
import { z } from 'zod'
import { workPoolCondition } from '../../store/queries/filters/work-pool.ts'
import { readNumberedPage, readPage } from '../../store/queries/page.ts'
import { answerWorkPoolPoll } from '../flow-runs/scheduled.ts'
import { keyedBody, type Route, route } from '../route.ts'
import { readPoolConcurrency } from './concurrency-status.ts'
import { countActiveSlots, findWorkPool } from './find-work-pool.ts'
import { refuseFindings } from './lint-pool.ts'
import { renderRoute } from './render-route.ts'
import { validateBaseJobTemplate } from './validate-template.ts'
import { loadWorkPools } from './work-pool-document.ts'
import { createWorkPool, deleteWorkPool, updateWorkPool } from './write-work-pool.ts'

const byName = z.object({ name: z.string() })
/** `strict` refuses every finding of lint; otherwise a pool is saved as a genuine server would, and the answer shows them. */
const linting = z.object({ lint: z.enum(['strict', 'warn']).default('warn') })

/** Source: WC 5.1, 10. */
export const routes: Route[] = [
  route({
    method: 'POST',
    path: '/work_pools/',
    summary: 'Make a work pool with its default queue',
    resource: 'work-pool',
    action: 'create',
    query: linting,
    body: workPoolCreate,
    responses: { 201: workPool, 403: null, 409: null },
    async handle({ workspace, query: { lint }, body, reply }) {
      if (lint === 'strict') refuseFindings(body.base_job_template, body)
      validateBaseJobTemplate(body.base_job_template, body)
      const row = await workspace.store.write((transaction) => createWorkPool(transaction, workspace, body))
      reply.code(201)
      return (await loadWorkPools([row], new Map()))[0]
    },
  }),
  route({
    method: 'GET',
    path: '/work_pools/:name',
    summary: 'Read a work pool',
    resource: 'work-pool',
    action: 'read',
    params: byName,
    responses: { 200: workPool, 404: null },
    async handle({ workspace: { store }, params: { name } }) {
      const row = await findWorkPool(store.db, name)
      return (await loadWorkPools([row], await countActiveSlots(store.db, [row.id])))[0]
    },
  }),
  route({
    method: 'PATCH',
    path: '/work_pools/:name',
    summary: 'Change a work pool',
    resource: 'work-pool',
    action: 'update',
    params: byName,
    query: linting,
    body: workPoolUpdate,
    responses: { 204: null, 403: null, 404: null },
    async handle({ workspace, params: { name }, query: { lint }, body, reply }) {
      if (body.base_job_template && lint === 'strict') refuseFindings(body.base_job_template, body)
      if (body.base_job_template) validateBaseJobTemplate(body.base_job_template, body)
      await workspace.store.write((transaction) => updateWorkPool(transaction, workspace, name, body))
      reply.code(204)
    },
  }),
  route({
    method: 'DELETE',
    path: '/work_pools/:name',
    summary: 'Delete a work pool with its queues and workers',
    resource: 'work-pool',
    action: 'delete',
    params: byName,
    responses: { 204: null, 403: null, 404: null },
    async handle({ workspace, params: { name }, reply }) {
      await workspace.store.write((transaction) => deleteWorkPool(transaction, workspace, name))
      reply.code(204)
    },
  }),
  route({
    method: 'POST',
    path: '/work_pools/filter',
    summary: 'Search work pools',
    resource: 'work-pool',
    action: 'read',
    body: keyedBody({ work_pools: workPoolFilter.optional(), ...pageFields }),
    responses: { 200: z.array(workPool) },
    async handle({ workspace: { store, settings }, body: { work_pools, ...asked } }) {
      const { limit, offset } = readPage(asked, settings.defaultLimit)
      const query = store.db.selectFrom('work_pool').selectAll().orderBy('name').limit(limit).offset(offset)
      const rows = await store.search((work_pools ? query.where(workPoolCondition(work_pools, store.kind)) : query).compile())
      const limited = rows.filter(({ concurrency_limit }) => concurrency_limit !== null).map(({ id }) => id)
      return loadWorkPools(rows, await countActiveSlots(store.db, limited))
    },
  }),
  route({
    method: 'POST',
    path: '/work_pools/count',
    summary: 'Count work pools',
    resource: 'work-pool',
    action: 'read',
    body: keyedBody({ work_pools: workPoolFilter.optional() }),
    responses: { 200: z.int() },
    async handle({ workspace: { store }, body: { work_pools } }) {
      const query = store.db.selectFrom('work_pool').select(sql<number>`count(*)`.as('count'))
      const [row] = await store.search((work_pools ? query.where(workPoolCondition(work_pools, store.kind)) : query).compile())
      return Number(row?.count ?? 0)
    },
  }),
  route({
    method: 'POST',
    path: '/work_pools/:name/concurrency_status',
    summary: 'Read who holds the slots of a work pool',
    resource: 'work-pool',
    action: 'read',
    params: byName,
    body: keyedBody({
      page: z.int().min(1).default(1),
      limit: z.int().optional(),
      flow_run_limit: z.int().min(0).max(200).default(10),
    }),
    responses: { 200: z.record(z.string(), z.unknown()), 404: null },
    async handle({ workspace: { store, settings }, params: { name }, body: { page, limit, flow_run_limit } }) {
      const pool = await findWorkPool(store.db, name)
      return readPoolConcurrency(
        store,
        pool,
        { ...readNumberedPage({ limit, page }, settings.defaultLimit), page },
        flow_run_limit,
      )
    },
  }),
  route({
    method: 'POST',
    path: '/work_pools/:name/get_scheduled_flow_runs',
    summary: 'Read the runs that a worker of this pool may start now',
    resource: 'flow-run',
    action: 'read',
    params: byName,
    body: keyedBody({
      work_queue_names: z.array(z.string()).optional(),
      scheduled_before: timestamp.optional(),
      scheduled_after: timestamp.optional(),
      limit: z.int().optional(),
    }),
    responses: { 200: z.array(workerFlowRun), 404: null },
    handle: ({ workspace, params: { name }, body }) => {
      const { limit } = readPage(body, workspace.settings.defaultLimit)
      return answerWorkPoolPoll(workspace, name, { ...body, limit })
    },
  }),
  renderRoute,
]
