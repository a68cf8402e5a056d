import { AedileError } from '@aedile/core/errors'
import { expect, test } from 'vitest'
import { type Bounds, callBounded } from './bounded-call.ts'

const never = new AbortController().signal
const bounds = (over: Partial<Bounds>): Bounds => ({ what: 'x', signal: never, graceSeconds: () => 0, ...over })

test('a function that takes too long is left behind, its signal fires and the error says the limit', async () => {
  let seen: AbortSignal | undefined
  const call = callBounded(bounds({ timeoutSeconds: 0.01 }), (signal) => {
    seen = signal
    return new Promise(() => {})
  })
  await expect(call).rejects.toMatchObject({ code: 'run_timed_out', message: 'x exceeded timeout of 0.01 second(s)' })
  expect(seen?.aborted).toBe(true)
})

test('a function that ends within its grace after the signal is waited for, and what it returns counts', async () => {
  const stop = new AbortController()
  const call = callBounded(bounds({ signal: stop.signal, graceSeconds: () => 60 }), (signal) => {
    queueMicrotask(() => stop.abort(new AedileError('flow_run_cancelled')))
    return new Promise((resolve) => signal.addEventListener('abort', () => setImmediate(resolve, 'tidied up')))
  })
  expect(await call).toBe('tidied up')
})

test('what a function throws after the signal is the reason of the signal', async () => {
  const stop = new AbortController()
  const call = callBounded(bounds({ signal: stop.signal, graceSeconds: () => 60 }), (signal) => {
    queueMicrotask(() => stop.abort(new AedileError('flow_run_cancelled')))
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('interrupted fetch'))))
  })
  await expect(call).rejects.toMatchObject({ code: 'flow_run_cancelled' })
})

test('without grace a function that ignores the signal is left behind at once', async () => {
  const stop = new AbortController()
  const call = callBounded(bounds({ signal: stop.signal }), () => {
    queueMicrotask(() => stop.abort(new AedileError('flow_run_interrupted', { signal: 'SIGTERM' })))
    return new Promise(() => {})
  })
  await expect(call).rejects.toMatchObject({ code: 'flow_run_interrupted' })
})
