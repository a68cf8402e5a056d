import type { Outcome } from '@aedile/core/infrastructure-definition'
import { describe, expect, it } from 'vitest'
import { stateForOutcome } from './report.ts'

const completed: Outcome = { kind: 'completed', exitCode: 0, signal: null, reason: null, advice: null, lastLines: [] }
const failed: Outcome = {
  kind: 'failed',
  exitCode: 137,
  signal: null,
  reason: 'Flow run infrastructure exited with non-zero status code 137.',
  advice: 'Raise the memory limit.',
  lastLines: ['reading', 'killed'],
}

describe('the state for an ended attempt', () => {
  it('is none when the child reported its end by itself', () => {
    expect(stateForOutcome({ state: 'FAILED', outcome: failed, reports: 'engine', isCancelled: false })).toBeNull()
    expect(stateForOutcome({ state: 'COMPLETED', outcome: completed, reports: 'engine', isCancelled: true })).toBeNull()
  })

  it('is Crashed with reason, advice and last lines when an engine ended without a word', () => {
    const state = stateForOutcome({ state: 'RUNNING', outcome: failed, reports: 'engine', isCancelled: false })
    expect(state).toMatchObject({ type: 'CRASHED' })
    expect(state?.message).toBe(
      'Flow run infrastructure exited with non-zero status code 137. Raise the memory limit.\nLast lines of output:\nreading\nkilled',
    )
  })

  it('is Crashed when an engine exits with 0 and the run still runs', () => {
    const state = stateForOutcome({ state: 'RUNNING', outcome: completed, reports: 'engine', isCancelled: false })
    expect(state).toMatchObject({ type: 'CRASHED', message: expect.stringContaining('reported no end') })
  })

  it('is none when an engine exits with 0 because the run waits for a retry or for a resumption', () => {
    for (const state of ['SCHEDULED', 'PAUSED'] as const) {
      expect(stateForOutcome({ state, outcome: completed, reports: 'engine', isCancelled: false })).toBeNull()
    }
  })

  it('is Completed for a plain command only when it exited with 0', () => {
    expect(stateForOutcome({ state: 'RUNNING', outcome: completed, reports: 'worker', isCancelled: false })).toMatchObject({
      type: 'COMPLETED',
    })
    expect(stateForOutcome({ state: 'RUNNING', outcome: failed, reports: 'worker', isCancelled: false })).toMatchObject({
      type: 'CRASHED',
    })
  })

  it('is that of a plain command where either may report, unless an engine left the run waiting', () => {
    const facts = { reports: 'either', isCancelled: false } as const
    for (const state of ['PENDING', 'RUNNING'] as const) {
      expect(stateForOutcome({ ...facts, state, outcome: completed })).toMatchObject({ type: 'COMPLETED' })
      expect(stateForOutcome({ ...facts, state, outcome: failed })).toMatchObject({ type: 'CRASHED' })
    }
    for (const state of ['SCHEDULED', 'PAUSED', 'FAILED'] as const) {
      expect(stateForOutcome({ ...facts, state, outcome: completed })).toBeNull()
    }
  })

  it('is Cancelled when the engine took the end that was asked for as a crash, and stays Crashed when nobody asked', () => {
    const facts = { state: 'CRASHED', outcome: failed, reports: 'engine' } as const
    expect(stateForOutcome({ ...facts, isCancelled: true })).toMatchObject({ type: 'CANCELLED' })
    expect(stateForOutcome({ ...facts, isCancelled: false })).toBeNull()
  })

  it('is Cancelled once the thing is gone, however it ended', () => {
    for (const outcome of [completed, failed]) {
      expect(stateForOutcome({ state: 'CANCELLING', outcome, reports: 'engine', isCancelled: true })).toMatchObject({
        type: 'CANCELLED',
      })
      expect(stateForOutcome({ state: 'CANCELLING', outcome, reports: 'worker', isCancelled: false })).toMatchObject({
        type: 'CANCELLED',
      })
    }
  })
})
