import pino from 'pino'
import { describe, expect, it } from 'vitest'
import { runLoop } from './loop.ts'

const log = pino({ level: 'silent' })

describe('a loop', () => {
  it('goes on after a turn that failed', async () => {
    const stop = new AbortController()
    const turns: number[] = []
    const turn = async () => {
      turns.push(turns.length)
      if (turns.length === 1) throw new Error('the server is away')
      stop.abort()
    }
    await runLoop({ name: 'Looking', intervalSeconds: 0.01, turn }, log, stop.signal)
    expect(turns).toEqual([0, 1])
  })

  it('ends in the middle of its pause when it is told to', async () => {
    const stop = new AbortController()
    const turn = async () => void setImmediate(() => stop.abort())
    await expect(runLoop({ name: 'Looking', intervalSeconds: 3600, turn }, log, stop.signal)).resolves.toBeUndefined()
  })

  it('does not pause when it was woken during the turn', async () => {
    const stop = new AbortController()
    const woken = AbortSignal.abort()
    let turns = 0
    const turn = async () => {
      turns += 1
      if (turns === 3) stop.abort()
    }
    await runLoop({ name: 'Looking', intervalSeconds: 3600, turn }, log, stop.signal, () => woken)
    expect(turns).toBe(3)
  })
})
