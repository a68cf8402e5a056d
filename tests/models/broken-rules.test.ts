import type * as Transitions from '@aedile/core/attempts/transitions'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { searchAll } from './search.ts'

type Rules = typeof Transitions
const RULES = '@aedile/core/attempts/transitions'

/** Searches the model of an attempt with one of its rules replaced by a wrong one. */
async function searchWith(broken: (rules: Rules) => Partial<Rules>) {
  vi.resetModules()
  vi.doMock(RULES, async (importOriginal) => {
    const rules = await importOriginal<Rules>()
    return { ...rules, ...broken(rules) }
  })
  const { faultOf, isEnd, startOf, stepsOf } = await import('./attempt-model.ts')
  const start = startOf({ kills: 1, losses: 1, expiries: 2, cancels: 1 })
  return searchAll({ start, steps: stepsOf, fault: faultOf, isEnd, limit: 3_000_000 })
}

/** A proof that cannot fail proves nothing: each of these rules, when it is wrong, is found by the search. */
describe('the search finds', { timeout: 120_000 }, () => {
  afterEach(() => {
    vi.doUnmock(RULES)
    vi.resetModules()
  })

  it('an intent that is accepted after its claim lapsed', async () => {
    const search = searchWith(() => ({
      intend: (_run, row, worker, target, now) => ({ ...row, worker, phase: 'intended', target, leaseExpires: now + 45 }),
    }))
    await expect(search).rejects.toThrow(/live at once|while its infrastructure lives/)
  })

  it('a lease that lapses although something may have been started', async () => {
    const search = searchWith((rules) => ({
      expire: (run, row, now) => {
        const phase = row.phase === 'intended' || row.phase === 'started' ? ('claimed' as const) : row.phase
        return rules.expire(run.stateType === 'RUNNING' ? { ...run, stateType: 'PENDING' } : run, { ...row, phase }, now)
      },
    }))
    await expect(search).rejects.toThrow(/Scheduled again while its infrastructure lives|live at once/)
  })

  it('a cancellation that says Cancelled before the thing is gone', async () => {
    await expect(searchWith(() => ({ cancel: () => 'cancelled' }))).rejects.toThrow(/Cancelled while its infrastructure lives/)
  })
})
