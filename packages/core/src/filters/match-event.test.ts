import { expect, it } from 'vitest'
import { receivedEvent } from '../resources/event.ts'
import { type EventFilterInput, eventFilter } from './event.ts'
import { compileGlob } from './glob.ts'
import { compileEventFilter } from './match-event.ts'

const event = receivedEvent.parse({
  id: '0b2c3d4e-5f60-4182-93a4-b5c6d7e8f901',
  occurred: '2025-06-01T12:00:00Z',
  received: '2025-06-01T12:00:01Z',
  event: 'prefect.flow-run.Completed',
  resource: { 'prefect.resource.id': 'prefect.flow-run.1', 'prefect.resource.name': 'brave-owl' },
  related: [{ 'prefect.resource.id': 'prefect.flow.2', 'prefect.resource.role': 'flow' }],
  payload: { note: 'disk full' },
})
const window = { since: '2025-06-01T00:00:00Z', until: '2025-06-02T00:00:00Z' }

it.each<[boolean, string, EventFilterInput]>([
  [true, 'its window', {}],
  [false, 'a window before it', { occurred: { since: '2025-01-01T00:00:00Z', until: '2025-02-01T00:00:00Z' } }],
  [true, 'a prefix of its name', { event: { prefix: ['x', 'prefect.flow-run.'] } }],
  [false, 'an excluded prefix', { event: { exclude_prefix: ['prefect.'] } }],
  [true, 'its name', { event: { name: ['prefect.flow-run.Completed'] } }],
  [false, 'an excluded name', { event: { exclude_name: ['prefect.flow-run.Completed'] } }],
  [true, 'an empty list of ids', { id: { id: [] } }],
  [false, 'another id', { id: { id: ['0b2c3d4e-5f60-4182-93a4-b5c6d7e8f902'] } }],
  [true, 'its resource', { resource: { id: ['prefect.flow-run.1'] } }],
  [false, 'a related id as its resource', { resource: { id: ['prefect.flow.2'] } }],
  [true, 'a label pattern', { resource: { labels: { 'prefect.resource.name': 'brave-*' } } }],
  [false, 'a negated pattern of a missing label', { resource: { labels: { missing: '!x' } } }],
  [false, 'an empty list of patterns', { resource: { labels: { 'prefect.resource.name': [] } } }],
  [true, 'any of its resources', { any_resource: { id_prefix: ['prefect.flow.'] } }],
  [false, 'a list of which one fails', { any_resource: [{ id: ['prefect.flow.2'] }, { id: ['prefect.flow.3'] }] }],
  [true, 'related resources that it does not have', { related: { id: ['prefect.flow.99'] } }],
  [true, 'words of its payload', { text: { query: '"DISK full" -owlet' } }],
  [false, 'an excluded word of a label', { text: { query: '-brave' } }],
])('says %s to %s', (expected, _what, filter) => {
  expect(compileEventFilter(eventFilter.parse({ occurred: window, ...filter }))(event)).toBe(expected)
})

it.each([
  ['prefect.flow-run.*', 'prefect.flow-run.1', true],
  ['prefect.flow-run.*', 'prefect.flow.1', false],
  ['a?c', 'abc', true],
  ['A*', 'abc', false],
  ['[a-c]x', 'bx', true],
  ['[!a-c]x', 'bx', false],
  ['!a*', 'abc', false],
  ['!a*', 'xyz', true],
  ['a.c', 'abc', false],
  ['*b*c', 'abbcc', true],
  ['*b*d', 'abbcc', false],
  ['[]]', ']', true],
  ['[a', '[a', true],
  ['', '', true],
  ['*', '', true],
  ['a**', 'a', true],
  [`${'*a'.repeat(30)}*b`, 'a'.repeat(2000), false],
])('reads the pattern %s against %s', (glob, value, expected) => {
  expect(compileGlob(glob)(value)).toBe(expected)
})
