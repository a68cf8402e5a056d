import { describe, expect, it } from 'vitest'
import { StartGate } from './start-gate.ts'

/** A gate with one place, and what passed it. */
function stage() {
  const gate = new StartGate(1)
  const started: string[] = []
  const start = (name: string, gone: Promise<void>) => async () => {
    started.push(name)
    return { gone }
  }
  return { gate, started, start }
}

describe('a gate of starts', () => {
  it('has the place of an engine free again when its process is gone', async () => {
    const { gate, started, start } = stage()
    const { promise: gone, resolve: end } = Promise.withResolvers<void>()
    await gate.pass(true, start('first', gone))
    const second = gate.pass(true, start('second', Promise.resolve()))
    expect(started).toEqual(['first'])
    end()
    await second
    expect(started).toEqual(['first', 'second'])
  })

  it('has the place of an engine that lives on free again when it has loaded', async () => {
    const { gate, started, start } = stage()
    const never = new Promise<void>(() => {})
    await gate.pass(true, start('first', never))
    await gate.pass(true, start('second', never))
    expect(started).toEqual(['first', 'second'])
  })

  it('has the place of a command free as soon as it exists, and of what cannot start', async () => {
    const { gate, started, start } = stage()
    const never = new Promise<void>(() => {})
    await gate.pass(false, start('first', never))
    await expect(gate.pass(true, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await gate.pass(false, start('second', never))
    expect(started).toEqual(['first', 'second'])
  })
})
