import { expect, test } from 'vitest'
import { Batcher } from './batcher.ts'

function collect(over: { maxItems?: number; maxBytes?: number; fail?: number } = {}) {
  const sent: string[][] = []
  const failed: string[][] = []
  const batcher = new Batcher<string>({
    delaySeconds: 3600,
    maxItems: over.maxItems ?? 100,
    maxBytes: over.maxBytes ?? 1000,
    bytesOf: (item) => item.length,
    send: async (items) => {
      await new Promise(setImmediate)
      sent.push(items)
      if (sent.length === over.fail) throw new Error('refused')
    },
    onFailed: (items) => failed.push(items),
  })
  return { batcher, sent, failed }
}

test('a batch leaves when it is full, by number or by bytes, and never has more bytes than allowed', async () => {
  const byNumber = collect({ maxItems: 2 })
  for (const item of ['a', 'b', 'c']) byNumber.batcher.add(item)
  await byNumber.batcher.flush()
  expect(byNumber.sent).toEqual([['a', 'b'], ['c']])
  const byBytes = collect({ maxBytes: 5 })
  for (const item of ['aaa', 'bbb', 'cc', 'd']) byBytes.batcher.add(item)
  await byBytes.batcher.flush()
  expect(byBytes.sent).toEqual([['aaa'], ['bbb', 'cc'], ['d']])
})

test('a batch that is refused is let go and the next ones still leave, in order', async () => {
  const { batcher, sent, failed } = collect({ maxItems: 1, fail: 2 })
  for (const item of ['a', 'b', 'c']) batcher.add(item)
  await batcher.flush()
  expect(sent).toEqual([['a'], ['b'], ['c']])
  expect(failed).toEqual([['b']])
})
