import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readServerStatus, stopServer } from './lifecycle/pid-file.ts'
import { type RunningServer, startServer } from './server.ts'
import { defaultServerSettings, type ServerSettings } from './settings.ts'
import { createEmptyDatabase, type TestDatabase } from './testing/databases.ts'

let database: TestDatabase
let home: string
const running: RunningServer[] = []

beforeEach(async () => {
  database = await createEmptyDatabase()
  home = await mkdtemp(join(tmpdir(), 'aedile-home-'))
})
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
  await database.remove()
  await rm(home, { recursive: true, force: true })
})

async function start(settings: Partial<ServerSettings> = {}, lines: string[] = []): Promise<RunningServer> {
  const log = pino({ level: 'info' }, { write: (line) => lines.push(line) })
  const own = { ...defaultServerSettings, port: 0, home, databaseUrl: database.url, ...settings }
  const server = await startServer({ settings: own, definitions: [], log })
  running.push(server)
  return server
}

function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
}

it('starts on an empty database, answers, and leaves nothing behind when it stops', async () => {
  const lines: string[] = []
  const server = await start({}, lines)
  expect(await (await fetch(`${server.url}/health`)).json()).toBe(true)
  expect(await (await fetch(`${server.url}/block_types/slug/secret`)).json()).toMatchObject({ is_protected: true })
  expect(await readServerStatus(home)).toMatchObject({ running: true, server: { pid: process.pid, url: server.url } })
  expect(lines.join('')).toContain('kept: events 7 days, logs 30 days, finished runs for ever')
  await server.stop()
  expect(await readServerStatus(home)).toEqual({ running: false })
  expect(await stopServer(home)).toBe('not-running')
  await expect(fetch(`${server.url}/health`)).rejects.toThrow()
})

it('keeps its id, its data and its secrets over a restart', async () => {
  const first = await start()
  const schemas = await (await post(`${first.url}/block_schemas/filter`, {})).json()
  const secret = schemas.find((one: { block_type: { slug: string } }) => one.block_type.slug === 'secret')
  const document = { name: 's', data: { value: 'hidden' }, block_schema_id: secret.id, block_type_id: secret.block_type_id }
  expect((await post(`${first.url}/block_documents/`, document)).status).toBe(201)
  await first.stop()
  const second = await start()
  expect(second.workspace.serverId).toBe(first.workspace.serverId)
  const read = await fetch(`${second.url}/block_types/slug/secret/block_documents/name/s?include_secrets=true`)
  expect(await read.json()).toMatchObject({ data: { value: 'hidden' } })
})

it('refuses to be reached from other machines without authentication, unless told otherwise', async () => {
  await expect(start({ host: '0.0.0.0' })).rejects.toThrow(
    '0.0.0.0 can be reached from other machines, and no authentication is set: set AEDILE_SERVER_AUTH_STRING, or allow it with AEDILE_SERVER_INSECURE=true.',
  )
  const open = await start({ host: '0.0.0.0', insecure: true })
  expect(open.url).toBe(`http://127.0.0.1:${open.port}/api`)
})

it.runIf(process.platform === 'linux')('names the process that has its port', async () => {
  const first = await start()
  await expect(start({ port: first.port })).rejects.toThrow(
    new RegExp(`127.0.0.1:${first.port} is taken by process ${process.pid} \\(.+\\). Stop it, or choose another port`),
  )
})

it('closes connections that are kept alive when it stops', async () => {
  const server = await start()
  const agent = new Agent({ keepAlive: true })
  const { closed } = await new Promise<{ closed: Promise<void> }>((resolve, reject) => {
    const asked = request(`${server.url}/health`, { agent }, (answer) => {
      const closed = new Promise<void>((end) => answer.socket.once('close', () => end()))
      answer.resume().once('end', () => resolve({ closed }))
    })
    asked.once('error', reject).end()
  })
  await server.stop()
  await closed
  agent.destroy()
})
