import { describe, expect, it } from 'vitest'
import { toOutcome } from './outcome.ts'

const ended = (exitCode: number | null, signal: [string, number] | null = null) =>
  ({ kind: 'ended', exitCode, signal: signal && { name: signal[0], number: signal[1] } }) as const

describe('an outcome', () => {
  it('has the words of a genuine worker, signals as negative codes', () => {
    expect(toOutcome(ended(3), false).reason).toBe(
      'Process exited with status code: 3. Process exited with an unexpected status code.',
    )
    expect(toOutcome(ended(137), false).reason).toBe(
      'Process exited with status code: 137. Process was killed, likely due to an out-of-memory (OOM) condition.',
    )
    expect(toOutcome(ended(null, ['SIGTERM', 15]), false).reason).toBe(
      'Process exited with status code: -15. Process exited due to a SIGTERM signal. Typically caused by graceful shutdown or manual cancellation.',
    )
  })

  it('is stopped when it was stopped, whatever the command made of that', () => {
    expect(toOutcome(ended(0), true)).toMatchObject({ kind: 'stopped', exitCode: 0 })
    expect(toOutcome(ended(null, ['SIGKILL', 9]), true)).toMatchObject({ kind: 'stopped', signal: 'SIGKILL' })
    expect(toOutcome({ kind: 'lost', ran: true }, true)).toMatchObject({ kind: 'stopped' })
  })

  it('keeps apart what is gone and what cannot be seen from here', () => {
    expect(toOutcome({ kind: 'not-found' }, false).kind).toBe('not-found')
    expect(toOutcome({ kind: 'rebooted' }, false).kind).toBe('not-found')
    expect(toOutcome({ kind: 'not-mine', target: 'a', here: 'b' }, true).kind).toBe('not-mine')
  })
})
