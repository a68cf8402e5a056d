import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openTestWorkspace, type TestWorkspace } from '../testing/workspace.ts'
import { buildHttp } from './build.ts'
import { closeHttp } from './close.ts'
import { route } from './route.ts'

let opened: TestWorkspace
beforeEach(async () => {
  opened = await openTestWorkspace()
})
afterEach(() => opened.close())

/** A server whose one request is being worked on until `release`. */
async function startRequest() {
  const begun = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const slow = route({
    method: 'GET',
    path: '/slow',
    summary: 'Answer when told',
    resource: 'test',
    action: 'read',
    responses: { 200: null },
    async handle() {
      begun.resolve()
      await released.promise
      return 'done'
    },
  })
  const app = buildHttp(opened.workspace, { routes: [slow] })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const answer = fetch(`http://127.0.0.1:${port}/api/slow`).then((response) => response.json())
  answer.catch(() => {})
  await begun.promise
  return { app, answer, release: () => released.resolve() }
}

it('finishes the answers in flight', async () => {
  const { app, answer, release } = await startRequest()
  const closed = closeHttp(app, 30)
  release()
  expect(await answer).toBe('done')
  await closed
})

it('cuts what does not end in time', async () => {
  const { app, answer, release } = await startRequest()
  await closeHttp(app, 0.05)
  await expect(answer).rejects.toThrow()
  release()
})
