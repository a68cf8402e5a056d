import { spawnSync } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { collectWhenIdle } from './small-heap.ts'

const module = fileURLToPath(new URL('small-heap.ts', import.meta.url))

/** What a program prints that runs in a process of its own: the flags hold for all of one. */
function run(program: string): unknown {
  const args = ['--input-type=module', '--disable-warning=ExperimentalWarning', '--eval', program]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

/** Makes garbage as a burst does, and keeps some of it until it is over. */
const BURST = `
  const kept = []
  for (let made = 0; made < 300_000; made++) kept[made % 30_000] = { made, texts: [String(made)] }
  kept.length = 0
  const { getHeapSpaceStatistics, getHeapStatistics } = await import('node:v8')
  const newSpaceBytes = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size`

describe('a heap that is limited', () => {
  it('keeps the space for new objects small in a burst, and hands no flag on to what it starts', () => {
    const grown = run(`${BURST}; console.log(newSpaceBytes())`)
    const limited = run(`
      const { limitHeap } = await import('${module}'); limitHeap(); ${BURST}
      const { execFileSync } = await import('node:child_process')
      const program = 'console.log(JSON.stringify([process.execArgv, Object.keys(process.env)]))'
      const [args, names] = JSON.parse(execFileSync(process.execPath, ['--eval', program]))
      const news = names.filter((name) => !(name in process.env))
      console.log(JSON.stringify({ bytes: newSpaceBytes(), args: args.filter((arg) => arg !== '--eval' && arg !== program), news }))`)
    expect(limited).toEqual({ bytes: expect.any(Number), args: [], news: [] })
    expect((limited as { bytes: number }).bytes * 4).toBeLessThan(grown as number)
  })

  it('gives back what a burst took, and leaves no way to collect behind', () => {
    const [before, after, gc] = run(`
      const { collectAll } = await import('${module}'); ${BURST}
      const before = getHeapStatistics().total_heap_size
      collectAll()
      console.log(JSON.stringify([before, getHeapStatistics().total_heap_size, typeof gc]))`) as [number, number, string]
    expect(after * 2).toBeLessThan(before)
    expect(gc).toBe('undefined')
  })
})

describe('collecting when idle', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
  afterEach(() => void vi.useRealTimers())

  it('collects what was taken once the process waits, and not again for nothing', () => {
    let collections = 0
    const stop = new AbortController()
    const utilization = vi.spyOn(performance, 'eventLoopUtilization')
    const look = (busy: number) => {
      utilization.mockReturnValue({ idle: 0, active: 0, utilization: busy })
      vi.advanceTimersByTime(2_000)
      return collections
    }
    collectWhenIdle(stop.signal, () => void collections++)
    expect([look(0.5), look(0.01), look(0.01)]).toEqual([0, 1, 1])
    stop.abort()
    utilization.mockRestore()
  })

  it('looks no more when it was told to end', () => {
    const stop = new AbortController()
    collectWhenIdle(stop.signal, () => {})
    expect(vi.getTimerCount()).toBe(1)
    stop.abort()
    expect(vi.getTimerCount()).toBe(0)
  })
})
