import { randomUUID } from 'node:crypto'
import { logCreate } from '@aedile/core/resources/log'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { logLines } from './plain-lines.ts'

const schema = z.array(logCreate)
const line = {
  name: 'n',
  level: 20,
  message: 'm',
  timestamp: '2025-03-01T12:00:00.123456Z',
  flow_run_id: randomUUID(),
  task_run_id: null,
}
const without = (key: keyof typeof line) => Object.fromEntries(Object.entries(line).filter(([name]) => name !== key))

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['no list', line],
  ['a line that is none', [line, 'text']],
  ...(['name', 'level', 'message', 'timestamp'] as const).map((key): [string, unknown] => [
    `a first line without ${key}`,
    [without(key)],
  ]),
  ['a timestamp that is null', [{ ...line, timestamp: null }]],
  ['a timestamp that is none, after a good one', [line, { ...line, timestamp: 'yesterday' }]],
  ['an unknown key', [line, { ...line, worker_id: randomUUID() }]],
  ['a level with a fraction', [{ ...line, level: 20.5 }]],
  ['an id that is none', [{ ...line, flow_run_id: 'x' }]],
  ['a task run id that is none', [line, { ...line, task_run_id: 'x' }]],
])('%s is refused as the schema refuses it', (_, body) => {
  const [quick, slow] = [logLines.safeParse(body), schema.safeParse(body)]
  expect(slow.success).toBe(false)
  expect(quick.error?.issues).toEqual(slow.error?.issues)
})

test.each<[string, unknown]>([
  ['lines as clients write them', [line, { ...line, flow_run_id: null }, without('flow_run_id'), without('task_run_id')]],
  ['no lines', []],
])('%s are taken as they are', (_, body) => {
  expect(logLines.safeParse(body).data).toBe(body)
  expect(schema.safeParse(body).success).toBe(true)
})

test('other spellings are brought into one form by the schema', () => {
  const body = [{ ...line, timestamp: 1_740_830_400.5, flow_run_id: line.flow_run_id.toUpperCase() }]
  expect(logLines.safeParse(body).data).toEqual([{ ...line, timestamp: '2025-03-01T12:00:00.500000Z' }])
})
