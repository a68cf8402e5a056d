import { expect, it } from 'vitest'
import { describeTrend, printSoak } from './print-soak.ts'
import type { Minute } from './soak.ts'

const minute = (number: number, memory: number): Minute => ({
  minute: number,
  perSecond: 500,
  p50: 1,
  p95: 2,
  p99: 3,
  errors: {},
  serverCores: 0.5,
  memory,
  mostMemory: memory,
  databaseMebibytes: 100,
  rows: { flow_run: 1000, flow_run_state: 4000, event: 4000 },
})

it('compares the first third with the last, and says nothing about too few minutes', () => {
  const minutes = [100, 100, 100, 150, 200, 200, 200].map((memory, index) => minute(index + 1, memory))
  expect(describeTrend(minutes)).toContain('memory 100.0 -> 200.0 MiB (+100 %)')
  expect(describeTrend(minutes)).toContain('p99 3.0 -> 3.0 ms (+0 %)')
  expect(describeTrend(minutes.slice(0, 2))).toBeNull()
})

it('judges only the minutes in which old runs were deleted', () => {
  const minutes = [50, 100, 200, 200, 200].map((memory, index) => minute(index + 1, memory))
  const text = printSoak({ database: 'sqlite', minutes, rate: 500, best: 1000, keptMinutes: 1 })
  expect(text).toContain('memory 200.0 -> 200.0 MiB (+0 %)')
  expect(text.split('\n').filter((line) => line.startsWith('| '))).toHaveLength(7)
})
