import { eventFilter } from '@aedile/core/filters/event'
import { event, receivedEvent } from '@aedile/core/resources/event'
import { timestamp } from '@aedile/core/resources/scalars'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Workspace } from '../../workspace.ts'
import { keyedBody, type Route, route } from '../route.ts'
import { countEventsByTime, countEventsByValue, TIME_UNITS } from './count-events.ts'
import { ingestEvents } from './ingest-events.ts'
import { type EventPageToken, readPageToken, writePageToken } from './page-token.ts'
import { receiveEvents } from './receive-events.ts'
import { countEvents, searchEvents } from './search-events.ts'

const MOST_EVENTS = 50
const eventPage = z.object({ events: z.array(receivedEvent), total: z.number().int(), next_page: z.string().nullable() })
const eventCount = z.object({
  value: z.string(),
  label: z.string(),
  count: z.number().int(),
  start_time: timestamp,
  end_time: timestamp,
})

/** Source: WC 1.18. */
export const routes: Route[] = [
  route({
    method: 'POST',
    path: '/events',
    summary: 'Send events; all of them are committed when the answer comes',
    resource: 'event',
    action: 'create',
    body: z.array(event),
    responses: { 204: null },
    async handle({ workspace, body, request, reply }) {
      await ingestEvents(workspace, receiveEvents(body), Number(request.headers['content-length'] ?? 0))
      reply.code(204)
    },
  }),
  route({
    method: 'POST',
    path: '/events/filter',
    summary: 'Search events',
    resource: 'event',
    action: 'read',
    body: keyedBody({
      filter: eventFilter.optional(),
      limit: z
        .number()
        .int()
        .min(0, { message: 'Input should be greater than or equal to 0' })
        .max(MOST_EVENTS, { message: `Input should be less than or equal to ${MOST_EVENTS}` })
        .default(MOST_EVENTS),
    }),
    responses: { 200: eventPage },
    async handle({ workspace, body, request }) {
      const filter = body.filter ?? eventFilter.parse({})
      const count = await countEvents(workspace.store, filter)
      return readPage(workspace, request, { filter, count, page_size: body.limit, offset: 0 })
    },
  }),
  route({
    method: 'GET',
    path: '/events/filter/next',
    summary: 'Read the next page of a search for events',
    resource: 'event',
    action: 'read',
    query: z.object({ 'page-token': z.string() }),
    responses: { 200: eventPage, 403: null },
    async handle({ workspace, query, request }) {
      return readPage(workspace, request, readPageToken(query['page-token']))
    },
  }),
  route({
    method: 'POST',
    path: '/events/count-by/{countable}',
    summary: 'Count events by day, time, name or resource',
    resource: 'event',
    action: 'read',
    params: z.object({ countable: z.enum(['day', 'time', 'event', 'resource']) }),
    body: keyedBody({
      filter: eventFilter,
      time_unit: z.enum(TIME_UNITS).default('day'),
      time_interval: z.number().min(0.01, { message: 'Input should be greater than or equal to 0.01' }).default(1),
    }),
    responses: { 200: z.array(eventCount), 422: null },
    async handle({ workspace: { store }, params: { countable }, body: { filter, time_unit, time_interval } }) {
      if (countable === 'day') return countEventsByTime(store, filter, 'day', 1)
      if (countable === 'time') return countEventsByTime(store, filter, time_unit, time_interval)
      return countEventsByValue(store, filter, countable)
    },
  }),
]

async function readPage({ store, settings }: Workspace, request: FastifyRequest, page: EventPageToken) {
  const { filter, count, page_size, offset } = page
  const events = await searchEvents(store, filter, { limit: page_size, offset })
  const next = writePageToken(filter, count, page_size, offset)
  const base = `${request.protocol}://${request.host}${settings.basePath}`
  return { events, total: count, next_page: next && `${base}/events/filter/next?page-token=${encodeURIComponent(next)}` }
}
