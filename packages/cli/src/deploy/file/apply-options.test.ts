import { describe, expect, it } from 'vitest'
import type { DeployOptions } from '../deploy-options.ts'
import { applyOptions } from './apply-options.ts'
import type { DeployEntry } from './deploy-entry.ts'

const apply = (entry: DeployEntry, options: Partial<DeployOptions> = {}, words = {}) =>
  applyOptions(entry, { enforceParameterSchema: true, ...options }, { entrypoint: null, name: null, jobVariables: {}, ...words })

describe('the command line over a deployment of a file', () => {
  it('wins where both say something', () => {
    const entry = { name: 'a', version: '1', tags: ['x'], work_pool: { name: 'p', work_queue_name: 'q' } }
    expect(apply(entry, { version: '2', tag: ['y'], pool: 'other' }, { name: 'b' })).toMatchObject({
      name: 'b',
      version: '2',
      tags: ['y'],
      work_pool: { name: 'other', work_queue_name: 'q' },
    })
  })

  it('adds parameters and schedules, and replaces job variables', () => {
    const entry = {
      parameters: { a: 1, b: 2 },
      schedules: [{ cron: '0 0 * * *' }],
      work_pool: { job_variables: { env: { A: '1' }, command: 'x' } },
    }
    expect(apply(entry, { param: ['b=3'], interval: ['60'] }, { jobVariables: { command: 'y' } })).toMatchObject({
      parameters: { a: 1, b: 3 },
      schedules: [{ cron: '0 0 * * *' }, { interval: '60' }],
      work_pool: { job_variables: { command: 'y' } },
    })
    expect(apply(entry, {}).work_pool?.job_variables).toEqual({ env: { A: '1' }, command: 'x' })
    expect(apply(entry, {}, { jobVariables: { command: 'y' } }).work_pool?.job_variables).toEqual({ command: 'y' })
  })

  it('puts a zone on all schedules and an anchor on intervals', () => {
    const entry: DeployEntry = { schedules: [{ cron: '0 0 * * *', timezone: 'UTC' }, { interval: 60 }] }
    expect(apply(entry, { timezone: 'Europe/Rome', anchorDate: '2024-01-01' }).schedules).toEqual([
      { cron: '0 0 * * *', timezone: 'Europe/Rome' },
      { interval: 60, timezone: 'Europe/Rome', anchor_date: '2024-01-01' },
    ])
  })

  it('takes the older `schedule`, but not beside `schedules`', () => {
    expect(apply({ schedule: { cron: '0 0 * * *' } }).schedules).toEqual([{ cron: '0 0 * * *' }])
    expect(apply({ schedule: {} }).schedules).toBeUndefined()
    expect(() => apply({ schedule: { cron: 'x' }, schedules: [] })).toThrow('schedules')
  })

  it('makes a limit with a strategy the mapping that a file has', () => {
    expect(apply({}, { concurrencyLimit: '3' }).concurrency_limit).toBe(3)
    expect(apply({}, { concurrencyLimit: '3', collisionStrategy: 'cancel-new' }).concurrency_limit).toEqual({
      limit: 3,
      collision_strategy: 'CANCEL_NEW',
    })
    expect(() => apply({}, { collisionStrategy: 'enqueue' })).toThrow('--concurrency-limit')
  })
})
