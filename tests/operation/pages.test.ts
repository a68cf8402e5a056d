import { afterAll, beforeAll, expect, it } from 'vitest'
import { type System, startSystem } from '../support/system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system?.close())

const page = async (path: string) => {
  const answer = await fetch(new URL(path, system.url))
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toContain('text/html')
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
  return answer.text()
}
const post = (path: string, body: unknown) =>
  fetch(`${system.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })

it('the page at / says what to do while there is nothing', async () => {
  const text = await page('/')
  expect(text).toContain('No work pool yet. Make one with <code>aedile work-pool create</code>.')
  expect(text).toContain('No run yet.')
})

it('the page at / shows pools with their workers and the last runs, and takes names for text', async () => {
  const wild = '<img src=x onerror=alert(1)>"\'&'
  const flow = await (await post('/flows/', { name: 'report' })).json()
  await post('/work_pools/', { name: 'pool', type: wild })
  expect((await post('/work_pools/pool/workers/heartbeat', { name: wild })).status).toBe(204)
  const run = { name: wild, flow_id: flow.id, state: { type: 'SCHEDULED', name: wild } }
  expect((await post('/flow_runs/', run)).status).toBe(201)
  const text = await page('/')
  const shown = '&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;'
  expect(text.split(shown)).toHaveLength(5)
  expect(text).not.toContain('<img')
  expect(text).not.toContain('<script')
  expect(text).toContain('<td>report</td>')
  expect(text).toContain('href="/docs"')
})

it('the documentation at /docs has every operation of /openapi.json', async () => {
  const text = await page('/docs')
  const { openapi, paths } = (await (await fetch(new URL('/openapi.json', system.url))).json()) as {
    openapi: string
    paths: Record<string, object>
  }
  expect(openapi).toMatch(/^3\.1\./)
  expect(Object.keys(paths).length).toBeGreaterThan(100)
  for (const path of Object.keys(paths)) expect(text).toContain(`<code>${path}</code>`)
  expect(text).not.toContain('<script')
})
