import { expect, it } from 'vitest'
import { blockDocumentFilter } from './block.ts'
import { eventFilter } from './event.ts'
import { flowRunFilter } from './flow-run.ts'
import { taskRunFilter } from './task-run.ts'
import { workPoolFilter } from './work-pool.ts'

it('takes a filter with every unused key written as null', () => {
  expect(workPoolFilter.parse({ operator: 'and_', id: null, name: { any_: ['p'] }, type: null })).toEqual({
    operator: 'and_',
    id: null,
    name: { any_: ['p'] },
    type: null,
  })
})

it('refuses an unknown key at any depth', () => {
  expect(flowRunFilter.safeParse({ nam: {} }).success).toBe(false)
  expect(flowRunFilter.safeParse({ name: { anyOf: [] } }).success).toBe(false)
  expect(flowRunFilter.safeParse({ state: { type: { any_: ['NEW'] } } }).success).toBe(false)
})

it('keeps ids in one spelling', () => {
  const id = '0B2C3D4E5F60718293A4B5C6D7E8F901'
  expect(flowRunFilter.parse({ id: { any_: [id] } }).id?.any_).toEqual(['0b2c3d4e-5f60-7182-93a4-b5c6d7e8f901'])
})

it('fills the defaults that have a meaning', () => {
  expect(blockDocumentFilter.parse({}).is_anonymous).toEqual({ eq_: false })
  expect(blockDocumentFilter.parse({ is_anonymous: null }).is_anonymous).toBeNull()
  expect(taskRunFilter.parse({ flow_run_id: {} }).flow_run_id?.is_null_).toBe(false)
  expect(taskRunFilter.parse({ flow_run_id: { is_null_: null } }).flow_run_id?.is_null_).toBeNull()
})

it('makes the window of an event filter at the moment of parsing', () => {
  const { occurred, order } = eventFilter.parse({})
  expect(order).toBe('DESC')
  expect(Date.parse(occurred.until) - Date.parse(occurred.since)).toBeGreaterThanOrEqual(180 * 86_400_000)
  expect(occurred.since).toMatch(/T00:00:00Z$/)
})

it('takes the event filter that the Python client writes', () => {
  const filter = eventFilter.parse({
    occurred: { since: '2025-01-01T00:00:00Z', until: '2026-01-01T00:00:00Z' },
    event: null,
    resource: null,
    related: { role: ['flow'], id: null, resources_in_roles: null, labels: { a: 'x*' } },
    any_resource: [{ id_prefix: ['prefect.flow-run.'] }],
    id: { id: [] },
    text: null,
    order: 'ASC',
  })
  expect(filter.related).toEqual([{ role: ['flow'], id: null, resources_in_roles: null, labels: { a: ['x*'] } }])
  expect(filter.any_resource).toEqual([{ id_prefix: ['prefect.flow-run.'] }])
})

it('looks for no NUL character, which Postgres would refuse', () => {
  expect(flowRunFilter.parse({ name: { like_: 'a\0b', any_: ['\0'] } }).name).toEqual({ like_: 'a\uFFFDb', any_: ['\uFFFD'] })
  expect(eventFilter.parse({ resource: { labels: { 'x\0': 'y\0' } } }).resource?.labels).toEqual({ 'x\uFFFD': ['y\uFFFD'] })
})
