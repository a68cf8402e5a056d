import { pageFields } from '@aedile/core/filters/page'
import {
  concurrencyLimitV2,
  concurrencyLimitV2Create,
  concurrencyLimitV2Update,
  globalConcurrencyLimit,
  leaseDurationSeconds,
  leasedLimits,
  leaseHolder,
  minimalConcurrencyLimit,
} from '@aedile/core/resources/concurrency-limit'
import { uuid } from '@aedile/core/resources/scalars'
import { z } from 'zod'
import { decrementSlots } from '../../dispatch/concurrency.ts'
import { releaseLease, renewLease } from '../../dispatch/leases.ts'
import { readPage } from '../../store/queries/page.ts'
import type { ConcurrencyLimitTable } from '../../store/tables.ts'
import { HttpError, keyedBody, type Route, route } from '../route.ts'
import { acquireSlots, readLimits } from './acquire-slots.ts'
import { toGlobalLimit, toLimit } from './limit-document.ts'
import { routes as tagRoutes } from './tag-routes.ts'
import { createLimit, deleteLimit, findLimit, updateLimit } from './write-limit.ts'

const DEFAULT_LEASE_SECONDS = 300
const params = z.object({ id_or_name: z.string() })
const slotFields = {
  slots: z.int().positive(),
  names: z.array(z.string()),
  mode: z.enum(['concurrency', 'rate_limit']).default('concurrency'),
  /** Accepted and ignored. */
  create_if_missing: z.boolean().optional(),
}

/** Global limits, their slots and leases; and the older ones by tag. Source: WC 1.16, 4.9, 10. */
export const routes: Route[] = [
  route({
    method: 'POST',
    path: '/v2/concurrency_limits/',
    summary: 'Make a concurrency limit',
    resource: 'concurrency-limit',
    action: 'create',
    body: concurrencyLimitV2Create,
    responses: { 201: concurrencyLimitV2, 409: null },
    async handle({ workspace, body, reply }) {
      const row = await workspace.store.write((transaction) => createLimit(transaction, workspace, body))
      reply.code(201)
      return toLimit(row)
    },
  }),
  route({
    method: 'GET',
    path: '/v2/concurrency_limits/:id_or_name',
    summary: 'Read a concurrency limit',
    resource: 'concurrency-limit',
    action: 'read',
    params,
    responses: { 200: globalConcurrencyLimit, 404: null },
    handle: async ({ workspace: { store }, params: { id_or_name } }) => toGlobalLimit(await findLimit(store.db, id_or_name)),
  }),
  route({
    method: 'PATCH',
    path: '/v2/concurrency_limits/:id_or_name',
    summary: 'Change a concurrency limit',
    resource: 'concurrency-limit',
    action: 'update',
    params,
    body: concurrencyLimitV2Update,
    responses: { 204: null, 404: null },
    async handle({ workspace, params: { id_or_name }, body, reply }) {
      await workspace.store.write(async (transaction) => {
        await updateLimit(transaction, workspace, await findLimit(transaction.db, id_or_name), body)
      })
      reply.code(204)
    },
  }),
  route({
    method: 'DELETE',
    path: '/v2/concurrency_limits/:id_or_name',
    summary: 'Delete a concurrency limit',
    resource: 'concurrency-limit',
    action: 'delete',
    params,
    responses: { 204: null, 404: null },
    async handle({ workspace, params: { id_or_name }, reply }) {
      await workspace.store.write(async (transaction) => {
        await deleteLimit(transaction, workspace, await findLimit(transaction.db, id_or_name))
      })
      reply.code(204)
    },
  }),
  route({
    method: 'POST',
    path: '/v2/concurrency_limits/filter',
    summary: 'List concurrency limits',
    resource: 'concurrency-limit',
    action: 'read',
    body: keyedBody(pageFields),
    responses: { 200: z.array(globalConcurrencyLimit) },
    async handle({ workspace: { store, settings }, body }) {
      const { limit, offset } = readPage(body, settings.defaultLimit)
      const query = store.db.selectFrom('concurrency_limit').selectAll().orderBy('name').limit(limit).offset(offset)
      return (await store.search(query.compile())).map(toGlobalLimit)
    },
  }),
  route({
    method: 'POST',
    path: '/v2/concurrency_limits/increment',
    summary: 'Take slots of several limits, or of none',
    resource: 'concurrency-limit',
    action: 'run',
    body: keyedBody(slotFields),
    responses: { 200: z.array(minimalConcurrencyLimit), 422: null, 423: null },
    handle: async ({ workspace, body }) => (await acquireSlots(workspace, body)).limits.map(toMinimal),
  }),
  route({
    method: 'POST',
    path: '/v2/concurrency_limits/increment-with-lease',
    summary: 'Take slots for a time, to be renewed',
    resource: 'concurrency-limit',
    action: 'run',
    body: keyedBody({
      ...slotFields,
      lease_duration: leaseDurationSeconds.default(DEFAULT_LEASE_SECONDS),
      holder: leaseHolder.optional(),
    }),
    responses: { 200: leasedLimits, 422: null, 423: null },
    async handle({ workspace, body: { lease_duration, holder, ...asked } }) {
      const lease = { seconds: lease_duration, holder: holder ?? null }
      const { limits, leaseId } = await acquireSlots(workspace, { ...asked, lease })
      return { lease_id: leaseId, limits: limits.map(toMinimal) }
    },
  }),
  route({
    method: 'POST',
    path: '/v2/concurrency_limits/decrement',
    summary: 'Give slots back',
    resource: 'concurrency-limit',
    action: 'run',
    body: keyedBody({
      slots: slotFields.slots,
      names: slotFields.names,
      occupancy_seconds: z.number().positive().optional(),
      create_if_missing: slotFields.create_if_missing,
    }),
    responses: { 200: z.array(minimalConcurrencyLimit) },
    async handle({ workspace: { store, changes }, body: { names, slots, occupancy_seconds } }) {
      const limits = await store.write(async (transaction) => {
        const found = await readLimits(transaction, names)
        const ids = found.map(({ id }) => id)
        await decrementSlots(transaction, ids, slots, occupancy_seconds)
        return found
      })
      changes.emit('dispatch', [])
      return limits.map(toMinimal)
    },
  }),
  route({
    method: 'POST',
    path: '/v2/concurrency_limits/decrement-with-lease',
    summary: 'Give back the slots of a lease',
    resource: 'concurrency-limit',
    action: 'run',
    body: keyedBody({ lease_id: uuid }),
    responses: { 204: null },
    async handle({ workspace: { store, changes }, body: { lease_id }, reply }) {
      if (await store.write((transaction) => releaseLease(transaction, lease_id))) changes.emit('dispatch', [])
      reply.code(204)
    },
  }),
  route({
    method: 'POST',
    path: '/v2/concurrency_limits/leases/:lease_id/renew',
    summary: 'Renew a lease',
    resource: 'concurrency-limit',
    action: 'run',
    params: z.object({ lease_id: uuid }),
    body: keyedBody({ lease_duration: leaseDurationSeconds.default(DEFAULT_LEASE_SECONDS) }),
    responses: { 204: null, 410: null },
    async handle({ workspace: { store }, params: { lease_id }, body: { lease_duration }, reply }) {
      const renewed = await store.write((transaction) => renewLease(transaction, lease_id, lease_duration))
      if (!renewed) throw new HttpError(410, 'Lease not found - it may have expired or been revoked')
      reply.code(204)
    },
  }),
  ...tagRoutes,
]

function toMinimal({ id, name, limit }: ConcurrencyLimitTable) {
  return { id, name, limit }
}
