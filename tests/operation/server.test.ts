import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type ClientRequest, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { until } from '../support/network.ts'
import { type Program, runAedile, startAedile } from '../support/program.ts'

let home: string
let server: Program | null
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'aedile-operation-'))
  server = null
})
afterEach(async () => {
  await server?.end('SIGKILL')
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
})

async function start(environment: Record<string, string> = {}, args: string[] = []): Promise<URL> {
  const program = startAedile(['--json', 'server', 'start', '--port', '0', ...args], { AEDILE_HOME: home, ...environment })
  server = program
  const url = await until(
    'the server answers',
    async () => {
      if (program.child.exitCode !== null) throw new Error(program.stderr())
      return /"url": "(.*)"/.exec(program.stdout())?.[1]
    },
    60,
  )
  return new URL(url)
}

/** A request of which the server has the head and a half of the body. */
async function sendHalf(
  url: URL,
  body: string,
): Promise<{ half: ClientRequest; rest: string; answer: Promise<number | string> }> {
  const { hostname, port } = url
  const headers = { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' }
  const half = request({ hostname, port, path: '/api/flows/', method: 'POST', headers })
  const answer = new Promise<number | string>((resolve) => {
    half.on('response', (response) => resolve(response.resume().statusCode ?? 0))
    half.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
  half.flushHeaders()
  // The server has the request when it asks for the body.
  await once(half, 'continue')
  half.write(body.slice(0, 5))
  return { half, rest: body.slice(5), answer }
}

function isListening(url: URL): Promise<boolean> {
  return fetch(new URL('/api/health', url), { headers: { connection: 'close' } }).then(
    () => true,
    () => false,
  )
}

async function openSocket(url: URL, path: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://${url.host}/api${path}`, 'prefect')
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'auth', token: null }))
  await once(socket, 'message')
  return socket
}

describe('a server that is told to stop', () => {
  it('finishes the request in flight, says good-bye to open websockets, and ends with 0', async () => {
    const url = await start()
    const sockets = await Promise.all(['/events/in', '/logs/out', '/events/out'].map((path) => openSocket(url, path)))
    const closed = sockets.map(async (socket) => (await once(socket, 'close'))[0] as number)
    const { half, rest, answer } = await sendHalf(url, '{"name":"in flight"}')
    server!.child.kill('SIGTERM')
    expect(await Promise.all(closed)).toEqual([1001, 1001, 1001])
    half.end(rest)
    expect(await answer).toBe(201)
    expect(await server!.ended).toBe(0)
    expect(server!.stderr()).toContain('"stopped"')
  })

  it('does not wait longer than it should for a request that never ends', async () => {
    const url = await start({ AEDILE_SERVER_STOP_TIMEOUT_SECONDS: '0.5' })
    const { answer } = await sendHalf(url, '{"name":"never"}')
    expect(await server!.end('SIGTERM')).toBe(0)
    expect(await answer).toBe('ECONNRESET')
  })

  it('ends at once when it is told a second time', async () => {
    const url = await start({ AEDILE_SERVER_STOP_TIMEOUT_SECONDS: '600' })
    await sendHalf(url, '{"name":"never"}')
    server!.child.kill('SIGINT')
    await until('it no longer listens', async () => !(await isListening(url)), 20)
    expect(server!.child.exitCode).toBeNull()
    expect(await server!.end('SIGINT')).toBe(130)
  })

  it('is told by `server stop`, and `server status` knows before and after', async () => {
    const url = await start()
    const ask = (command: string) => runAedile(['server', command], { AEDILE_HOME: home })
    const before = await ask('status')
    expect(before.stdout).toContain(url.href)
    expect(before.stdout).toContain(String(server!.pid))
    expect((await ask('stop')).exit).toBe(0)
    expect(await server!.ended).toBe(0)
    expect((await ask('status')).stdout).not.toContain(String(server!.pid))
  })
})

describe('a server that cannot listen', () => {
  it('names the process that holds the port', async () => {
    const url = await start()
    const other = await runAedile(['server', 'start', '--port', url.port], { AEDILE_HOME: join(home, 'other') })
    expect(other.exit).toBe(1)
    expect(other.stderr.trim()).toMatch(
      new RegExp(`^127\\.0\\.0\\.1:${url.port} is taken by process ${server!.pid} \\(.*server start.*\\)\\. Stop it, or choose`),
    )
  })

  it.each(['0.0.0.0', '::', '192.0.2.1'])('refuses %s without authentication', async (host) => {
    const refused = await runAedile(['server', 'start', '--port', '0', '--host', host], { AEDILE_HOME: home })
    expect(refused.exit).toBe(1)
    expect(refused.stderr.trim()).toBe(
      `${host} can be reached from other machines, and no authentication is set: set AEDILE_SERVER_AUTH_STRING, or allow it with AEDILE_SERVER_INSECURE=true.`,
    )
  })

  it('says which option is wrong when it is no port', async () => {
    const refused = await runAedile(['server', 'start', '--port', '99999'], { AEDILE_HOME: home })
    expect(refused.exit).toBe(1)
    expect(refused.stderr.trim()).toMatch(/^Setting --port \(command line\) is not valid: .*65535.*"99999"\.$/)
  })

  it('listens everywhere with an auth string, or when it is told --insecure', async () => {
    const guarded = await start({ AEDILE_SERVER_AUTH_STRING: 'user:pass' }, ['--host', '0.0.0.0'])
    expect((await fetch(`http://127.0.0.1:${guarded.port}/api/version`)).status).toBe(401)
    await server!.end()
    const open = await start({}, ['--host', '0.0.0.0', '--insecure'])
    expect((await fetch(`http://127.0.0.1:${open.port}/api/version`)).status).toBe(200)
  })
})

it('figures for Prometheus tell of requests, by route and status, and of every service', async () => {
  const url = await start()
  await fetch(new URL('/api/flow_runs/00000000-0000-4000-8000-000000000000', url))
  const text = await until(
    'the services ran',
    async () => {
      const figures = await (await fetch(new URL('/metrics', url))).text()
      return figures.includes('aedile_service_runs_total{service="scheduler"}') && figures
    },
    20,
  )
  expect(text).toContain('aedile_http_request_duration_seconds_count{method="GET",route="/api/flow_runs/:id",status="404"} 1')
  const services = [...text.matchAll(/^aedile_service_runs_total\{service="([\w-]+)"\}/gm)].map(([, name]) => name)
  expect(services).toEqual(expect.arrayContaining(['scheduler', 'late-run-marker', 'outbox-reader', 'retention']))
  for (const name of ['aedile_event_loop_lag_p99_seconds', 'aedile_outbox_lag_seconds', 'aedile_resident_memory_bytes'])
    expect(text).toMatch(new RegExp(`^${name} [\\d.e-]+$`, 'm'))
})
