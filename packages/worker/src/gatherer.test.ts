import { describe, expect, it } from 'vitest'
import { Gatherer } from './gatherer.ts'

/** A gatherer of numbers, whose requests are answered by hand. */
function stage(weigh?: (item: number) => number) {
  const sent: { items: number[]; answer: () => void; fail: (error: Error) => void }[] = []
  const gatherer = new Gatherer<number, string>(
    (items) =>
      new Promise((resolve, reject) => {
        sent.push({ items, answer: () => resolve(items.map((item) => `answer ${item}`)), fail: reject })
      }),
    weigh,
  )
  const waitForSent = (count: number) => expect.poll(() => sent.length).toBe(count)
  return { gatherer, sent, waitForSent }
}

describe('a gatherer', () => {
  it('sends what comes in one turn together, and gives each its own answer', async () => {
    const { gatherer, sent, waitForSent } = stage()
    const answers = Promise.all([gatherer.add(1), gatherer.add(2), gatherer.add(3)])
    await waitForSent(1)
    expect(sent[0]!.items).toEqual([1, 2, 3])
    sent[0]!.answer()
    expect(await answers).toEqual(['answer 1', 'answer 2', 'answer 3'])
  })

  it('keeps nothing back behind a request that hangs', async () => {
    const { gatherer, sent, waitForSent } = stage()
    void gatherer.add(1)
    await waitForSent(1)
    const second = gatherer.add(2)
    const third = gatherer.add(3)
    await waitForSent(2)
    expect(sent[1]!.items).toEqual([2, 3])
    sent[1]!.answer()
    expect(await Promise.all([second, third])).toEqual(['answer 2', 'answer 3'])
  })

  it('tells each of a failed request why, and goes on', async () => {
    const { gatherer, sent, waitForSent } = stage()
    const failed = Promise.allSettled([gatherer.add(1), gatherer.add(2)])
    await waitForSent(1)
    sent[0]!.fail(new Error('away'))
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const next = gatherer.add(3)
    await waitForSent(2)
    sent[1]!.answer()
    expect(await next).toBe('answer 3')
  })

  it('splits what is too much for one request, but sends a single large item', async () => {
    const { gatherer, sent, waitForSent } = stage((item) => item * 1_000_000)
    for (const item of [5, 0.5, 0.4, 0.3]) void gatherer.add(item)
    await waitForSent(3)
    expect(sent.map(({ items }) => items)).toEqual([[5], [0.5, 0.4], [0.3]])
  })

  it('has settled when all was answered', async () => {
    const { gatherer, sent, waitForSent } = stage()
    void gatherer.add(1)
    let isSettled = false
    const settled = gatherer.settled().then(() => {
      isSettled = true
    })
    await waitForSent(1)
    expect(isSettled).toBe(false)
    sent[0]!.answer()
    await settled
  })
})
