import { once } from 'node:events'
import { expect, test } from 'vitest'
import { SilenceLimit } from './silence-limit.ts'

test('an engine that is silent too long ends what waits for it', async () => {
  const { signal } = new SilenceLimit(new AbortController().signal, 0.01)
  await once(signal, 'abort')
  expect(signal.reason).toMatchObject({ message: 'the engine said nothing for 0.01 s' })
})

test('who asked for it may end it before, with a reason of its own', () => {
  const stop = new AbortController()
  const limit = new SilenceLimit(stop.signal)
  stop.abort(new Error('enough'))
  expect(limit.signal.reason).toMatchObject({ message: 'enough' })
  limit.end()
})
