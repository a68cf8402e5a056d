import { readdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { flow } from './flow.ts'
import { runContext } from './run-context.ts'
import { getRunLogger } from './sdk.ts'
import { task } from './task.ts'
import { openTestSession, type TestSession } from './testing/open-test-session.ts'

let at: TestSession
beforeEach(async () => {
  at = await openTestSession()
})
afterEach(() => at.close())

describe('without a server', () => {
  test('a flow runs by calling it, and one line says that it is not recorded', async () => {
    const double = flow({ name: 'double' }, async ({ n }: { n: number }) => n * 2)
    expect(await at.run(() => double({ n: 21 }))).toBe(42)
    expect(at.lines.filter((line) => line.includes('not recorded'))).toHaveLength(1)
  })

  test('a server that does not answer is named in that line', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    await new Promise((resolve) => taken.close(resolve))
    const other = await openTestSession({ apiUrl: `http://127.0.0.1:${port}/api` })
    expect(await other.run(() => flow({ name: 'x' }, async () => 1)())).toBe(1)
    expect(other.lines[0]).toContain(`127.0.0.1:${port}`)
    await other.close()
  })

  test('a failed flow is tried again as often as it says, and its caller gets the last error', async () => {
    let calls = 0
    const shaky = flow({ name: 'shaky', retries: 2 }, async () => {
      calls++
      throw new Error(`failure ${calls}`)
    })
    await expect(at.run(() => shaky())).rejects.toThrow('failure 3')
    expect(calls).toBe(3)
  })

  test('a flow that takes too long fails as timed out, and its signal has fired', async () => {
    let signal: AbortSignal | undefined
    const states: string[] = []
    const options = {
      name: 'long',
      timeoutSeconds: 0.02,
      onFailure: (_: unknown, __: unknown, s: { name: string }) => states.push(s.name),
    }
    const long = flow(options, (_: object, run) => {
      signal = run.signal
      return new Promise(() => {})
    })
    await expect(at.run(() => long({}))).rejects.toMatchObject({ code: 'run_timed_out' })
    expect(signal?.aborted).toBe(true)
    expect(states).toEqual(['TimedOut'])
  })

  test('a subflow runs inside its parent, with its own context', async () => {
    const seen: (string | null | undefined)[] = []
    const inner = flow({ name: 'inner' }, async () => void seen.push(runContext()?.flowName))
    const outer = flow({ name: 'outer' }, async () => {
      await inner()
      seen.push(runContext()?.flowName)
    })
    await at.run(() => outer())
    expect(seen).toEqual(['inner', 'outer'])
    expect(runContext()).toBeNull()
  })

  test('tasks that were not awaited belong to the run and are waited for', async () => {
    let done = false
    const slow = task({ name: 'slow' }, async () => {
      await new Promise(setImmediate)
      done = true
    })
    await at.run(() => flow({ name: 'x' }, async () => void slow())())
    expect(done).toBe(true)
  })

  test('a result is kept when asked for', async () => {
    const kept = flow({ name: 'kept', persistResult: true }, async () => ({ a: 1 }))
    await at.run(() => kept())
    expect(await readdir(at.session.settings.resultsFolder)).toHaveLength(1)
  })

  test('what a run logs has its name and level', async () => {
    await at.run(() => flow({ name: 'x' }, async () => getRunLogger().warning('careful', { a: 1 }))())
    expect(at.lines.some((line) => /WARNING \| Flow run '[a-z]+-[a-z]+' - careful \{ a: 1 \}$/.test(line))).toBe(true)
  })
})

describe('parameters', () => {
  const strict = flow({ name: 'strict', parameters: z.object({ n: z.number(), unit: z.string().default('mm') }) }, async (p) => p)

  test('are checked and completed by the schema', async () => {
    expect(await at.run(() => strict({ n: 1 }))).toEqual({ n: 1, unit: 'mm' })
  })

  test('that break the schema fail the run with the place of the fault', async () => {
    const wrong = { n: 'one' } as unknown as { n: number }
    await expect(at.run(() => strict(wrong))).rejects.toMatchObject({ code: 'flow_parameters_invalid' })
    await expect(at.run(() => strict(wrong))).rejects.toThrow(/strict.*n: /)
  })

  test('are checked by any Standard Schema', async () => {
    const even = {
      '~standard': {
        version: 1 as const,
        vendor: 'mine',
        validate: (value: unknown) => {
          const { n } = value as { n: number }
          return n % 2 === 0 ? { value: { n } } : { issues: [{ message: 'odd', path: ['n'] }] }
        },
        types: undefined as { input: { n: number }; output: { n: number } } | undefined,
      },
    }
    const half = flow({ name: 'half', parameters: even }, async ({ n }) => n / 2)
    expect(await at.run(() => half({ n: 4 }))).toBe(2)
    await expect(at.run(() => half({ n: 3 }))).rejects.toThrow('n: odd')
  })
})

describe('hooks', () => {
  test('are told the states of the run in order, and one that fails changes nothing', async () => {
    const told: string[] = []
    const tell = (_: unknown, run: { name: string }, state: { type: string }) => told.push(`${run.name} ${state.type}`)
    const options = {
      name: 'x',
      flowRunName: 'r',
      onRunning: tell,
      onCompletion: [
        () => {
          throw new Error('broken hook')
        },
        tell,
      ],
      onFailure: tell,
    }
    await at.run(() => flow(options, async () => 1)())
    expect(told).toEqual(['r RUNNING', 'r COMPLETED'])
    expect(at.lines.some((line) => line.includes('broken hook'))).toBe(true)
  })
})

test('a flow without a name is refused', () => {
  expect(() => flow(async () => 1)).toThrow(/name/)
})
