import { readdir } from 'node:fs/promises'
import { afterEach, beforeEach, expect, expectTypeOf, test } from 'vitest'
import { flow } from './flow.ts'
import { runContext } from './run-context.ts'
import { type Task, task } from './task.ts'
import { openTestSession, type TestSession } from './testing/open-test-session.ts'

let at: TestSession
beforeEach(async () => {
  at = await openTestSession()
})
afterEach(() => at.close())

/** Calls in a flow of its own. */
const inFlow = <T>(call: () => Promise<T>) => at.run(() => flow({ name: 'around' }, call)() as Promise<T>)

test('a task is tried again with the delays that it says, and tells how often it ran', async () => {
  const asked: number[] = []
  const counts: (number | undefined)[] = []
  const delay = (retry: number) => {
    asked.push(retry)
    return 0
  }
  const shaky = task({ name: 'shaky', retries: 3, retryDelaySeconds: delay }, async () => {
    counts.push(runContext()?.taskRun?.runCount)
    if (counts.length < 3) throw new Error('boom')
    return 'ok'
  })
  expect(await inFlow(() => shaky())).toBe('ok')
  expect(asked).toEqual([1, 2])
  expect(counts).toEqual([1, 2, 3])
})

test('an error that is not worth a retry is thrown at once', async () => {
  let calls = 0
  const picky = task({ name: 'picky', retries: 5, retryWhen: (error) => String(error).includes('passing') }, async () => {
    calls++
    throw new Error('final')
  })
  await expect(inFlow(() => picky())).rejects.toThrow('final')
  expect(calls).toBe(1)
})

test('map keeps the order, waits for all and throws the first error in order', async () => {
  const ended: number[] = []
  const work = task({ name: 'work' }, async (n: number, factor: number) => {
    for (let turn = 0; turn < 5 - n; turn++) await new Promise(setImmediate)
    ended.push(n)
    if (n === 2 || n === 4) throw new Error(`bad ${n}`)
    return n * factor
  })
  expect(await inFlow(() => work.map([1, 3], 10))).toEqual([10, 30])
  ended.length = 0
  await expect(inFlow(() => work.map([1, 2, 3, 4], 10))).rejects.toThrow('bad 2')
  expect(ended.sort()).toEqual([1, 2, 3, 4])
  const settled = await inFlow(() => work.mapSettled([1, 2], 1))
  expect(settled.map((one) => one.status)).toEqual(['fulfilled', 'rejected'])
})

test('map runs no more at once than it may', async () => {
  let running = 0
  let most = 0
  const work = task({ name: 'work', mapConcurrency: 2 }, async (_: number) => {
    most = Math.max(most, ++running)
    await new Promise(setImmediate)
    running--
  })
  await inFlow(() => work.map([1, 2, 3, 4, 5]))
  expect(most).toBe(2)
})

test('a task that takes too long fails alone: the flow may catch it and go on', async () => {
  const long = task({ name: 'long', timeoutSeconds: 0.02 }, () => new Promise<never>(() => {}))
  const result = await inFlow(async () => {
    await expect(long()).rejects.toMatchObject({ code: 'run_timed_out' })
    return 'went on'
  })
  expect(result).toBe('went on')
})

test('the signal of a task fires at its own timeout', async () => {
  let signal: AbortSignal | undefined
  const long = task({ name: 'long', timeoutSeconds: 0.02 }, () => {
    signal = runContext()?.signal
    return new Promise<never>(() => {})
  })
  await expect(inFlow(() => long())).rejects.toThrow()
  expect(signal?.aborted).toBe(true)
})

test('a task that fails and is not awaited does not end the process, nor the flow', async () => {
  const failing = task({ name: 'failing' }, async () => {
    throw new Error('nobody waits')
  })
  const result = await inFlow(async () => {
    void failing()
    return 'done'
  })
  expect(result).toBe('done')
  expect(at.lines.some((line) => line.includes('nobody waits'))).toBe(true)
})

test('a task runs by itself, too', async () => {
  expect(await at.run(() => task({ name: 'alone' }, (n: number) => n + 1)(1))).toBe(2)
})

test('the result of a task is kept when asked for', async () => {
  const kept = task({ name: 'kept', persistResult: true }, () => [1])
  await inFlow(() => kept())
  expect(await readdir(at.session.settings.resultsFolder)).toHaveLength(1)
})

test('hooks are told of the end', async () => {
  const told: string[] = []
  const failing = task(
    { name: 'f', onFailure: (t, run, state) => told.push(`${t.name} ${run.name.slice(0, 2)} ${state.name}`) },
    () => {
      throw new Error('x')
    },
  )
  await expect(inFlow(() => failing())).rejects.toThrow()
  expect(told).toEqual(['f f- Failed'])
})

test('types follow from the function', () => {
  const add = task({ name: 'add' }, async (a: number, b: string) => `${a}${b}`)
  expectTypeOf(add).toEqualTypeOf<Task<[a: number, b: string], string>>()
  expectTypeOf(add.map).returns.resolves.toEqualTypeOf<string[]>()
})
