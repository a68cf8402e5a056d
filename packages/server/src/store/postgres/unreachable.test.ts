import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { openStore } from '../open.ts'

test('a Postgres that is not there is named without its password', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  const { port } = taken.address() as { port: number }
  await new Promise((resolve) => taken.close(resolve))
  const refused = await openStore({ url: `postgres://me:secret@127.0.0.1:${port}/name` }).catch((error) => error)
  expect(refused).toMatchObject({ code: 'database_unreachable', retryable: true })
  expect(refused.message).toContain(`127.0.0.1:${port}/name`)
  expect(refused.message).not.toContain('secret')
})
