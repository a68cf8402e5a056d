import { flow, getRunLogger, isMain, task } from '@aedile/sdk'
import { z } from 'zod'

let tries = 0

const add = task({ name: 'add' }, async (x: number, y: number) => {
  getRunLogger().info(`adding ${x} and ${y}`)
  return x + y
})

const flaky = task({ name: 'flaky', retries: 2, retryDelaySeconds: 0, tags: ['unstable'] }, async () => {
  tries += 1
  if (tries < 3) throw new Error(`try ${tries}`)
  return 'third time'
})

const double = task({ name: 'double', taskRunName: (x: number) => `double-${x}`, mapConcurrency: 1 }, async (x: number) => 2 * x)

/** The subflow. */
export const inner = flow({ name: 'inner', parameters: z.object({ n: z.number() }), flowRunName: 'inner_run' }, async ({ n }) => {
  getRunLogger().warning(`inside with ${n}`)
  return add(n, n)
})

/** All that a flow does: the same as in stories.py. */
export const story = flow(
  {
    name: 'story',
    description: 'All that a flow does',
    parameters: z.object({ n: z.number().default(3), label: z.string().default('a') }),
  },
  async ({ n, label }) => {
    getRunLogger().info(`begin ${label}`)
    const total = await add(1, n)
    const text = await flaky()
    const doubled = await double.map(Array.from({ length: n }, (_, index) => index))
    const nested = await inner({ n: total })
    getRunLogger().error(`end ${text} ${doubled.reduce((sum, one) => sum + one, 0)} ${nested}`)
    return nested
  },
)

const divide = task({ name: 'divide' }, async (x: number) => {
  if (x === 0) throw new RangeError('division by zero')
  return 1 / x
})

/** Fails twice. */
export const failing = flow({ name: 'failing', retries: 1, retryDelaySeconds: 0 }, async () => divide(0))

if (isMain(import.meta)) {
  const which = process.argv[2]
  if (which === 'called') {
    await story({ n: 2 })
    await failing().catch(() => {})
  } else if (which === 'served') {
    await story.serve({ name: 'served', parameters: { label: 'served' }, tags: ['by-serve'], schedule: { cron: '0 3 1 1 *' } })
  } else if (which === 'deployed') {
    await story.deploy({ name: 'pooled', workPool: 'conformance', parameters: { label: 'pooled' }, tags: ['pooled'] })
    await failing.deploy({ name: 'pooled-failing', workPool: 'conformance' })
  }
}
