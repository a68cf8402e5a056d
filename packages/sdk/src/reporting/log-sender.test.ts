import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient } from '@aedile/core/client/client'
import type { LogCreate } from '@aedile/core/resources/log'
import { afterEach, expect, test } from 'vitest'
import { LogSender } from './log-sender.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** A real server that takes logs, or refuses them. */
async function startServer(status: number) {
  const bodies: LogCreate[][] = []
  const server = createServer(async (request, response) => {
    let body = ''
    request.setEncoding('utf8')
    for await (const chunk of request) body += chunk
    bodies.push(JSON.parse(body) as LogCreate[])
    response.writeHead(status, { 'content-type': 'application/json' }).end('null')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
  return { bodies, client: createClient({ apiUrl, csrf: false }) }
}

const line = (message: string): LogCreate => ({ name: 'n', level: 20, message, timestamp: '2026-01-01T00:00:00Z' })
const BATCHES = { delaySeconds: 3600, maxBatchBytes: 3_000_000, maxLineBytes: 1_000_000 }

test('lines leave together in order, no batch is larger than the API takes, and a long line is cut', async () => {
  const { client, bodies } = await startServer(201)
  const sender = new LogSender(client, BATCHES, () => {})
  for (let index = 0; index < 5; index++) sender.add(line(`${index}${'é'.repeat(600_000)}`))
  sender.add(line('short\0'))
  await sender.flush()
  const messages = bodies.flat().map((one) => one.message)
  expect(messages.map((message) => message[0])).toEqual(['0', '1', '2', '3', '4', 's'])
  expect(messages[0]).toMatch(/é\.\.\. \[truncated\]$/)
  expect(Buffer.byteLength(messages[0]!)).toBeLessThanOrEqual(1_000_000)
  expect(messages[5]).toBe('short')
  expect(bodies.length).toBeGreaterThan(1)
  for (const body of bodies) expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(4_000_000)
})

test('lines that are refused are told and dropped, and nothing throws', async () => {
  const { client } = await startServer(500)
  const told: string[] = []
  const sender = new LogSender(client, BATCHES, (sentence) => told.push(sentence))
  sender.add(line('a'))
  sender.add(line('b'))
  await sender.flush()
  expect(told).toEqual([expect.stringMatching(/^2 log line\(s\) could not be sent and are dropped: .*500/)])
})
