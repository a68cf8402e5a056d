import { AedileError } from '@aedile/core/errors'
import { describe, expect, it } from 'vitest'
import { OutputShipper } from './output-shipper.ts'

const encode = (text: string) => new TextEncoder().encode(text)

function shipperInto(store: (lines: string[], cursor: string) => Promise<void>, bufferBytes = 1e6) {
  const stop = new AbortController()
  const dropped: unknown[] = []
  const shipper = new OutputShipper({
    flowRunId: '00000000-0000-4000-8000-000000000000',
    batchSeconds: 0.01,
    bufferBytes,
    refused: async (error, { lines }) => void dropped.push({ error, lines: lines.length }),
    store: (lines, cursor) =>
      store(
        lines.map(({ message }) => message),
        cursor,
      ),
  })
  const running = shipper.run(stop.signal)
  const end = async () => {
    stop.abort()
    await running
  }
  return { shipper, dropped, stop: stop.signal, end }
}

describe('OutputShipper', () => {
  it('stores every line once, in order, each batch with the cursor right after it', async () => {
    const stored: string[] = []
    let last = ''
    const { shipper, stop, end } = shipperInto(async (lines, cursor) => {
      stored.push(...lines)
      last = cursor
    })
    for (let index = 0; index < 500; index++) shipper.take('stdout', encode(`line ${index}\n`), String(index))
    await shipper.drained(stop)
    expect(stored).toEqual(Array.from({ length: 500 }, (_, index) => `line ${index}`))
    expect(last).toBe('499')
    await end()
  })

  it('keeps a last line without an end, blank lines and characters of several bytes', async () => {
    const stored: string[] = []
    const { shipper, stop, end } = shipperInto(async (lines) => void stored.push(...lines))
    shipper.take('stdout', encode('one\n\nzwölf €\r\nlast'), 'a')
    await shipper.drained(stop)
    expect(stored).toEqual(['one', '', 'zwölf €', 'last'])
    await end()
  })

  it('sends again what the server could not take, and loses nothing', async () => {
    const stored: string[] = []
    let refusals = 2
    const { shipper, stop, end } = shipperInto(async (lines) => {
      if (refusals-- > 0) throw new AedileError('api_unreachable', {})
      stored.push(...lines)
    })
    shipper.take('stderr', encode('a\nb\n'), '1')
    await shipper.drained(stop)
    expect(stored).toEqual(['a', 'b'])
    await end()
  })

  it('says that it is full, and takes more once it has drained', async () => {
    const stored: string[] = []
    const { shipper, stop, end } = shipperInto(async (lines) => void stored.push(...lines), 1000)
    const full = shipper.fullSignal
    shipper.take('stdout', encode('x'.repeat(2000)), '1')
    expect(full.aborted).toBe(true)
    await shipper.drained(stop)
    expect(shipper.fullSignal.aborted).toBe(false)
    expect(stored).toHaveLength(1)
    await end()
  })

  it('goes on after lines that the server refuses for good, and says which', async () => {
    const stored: string[] = []
    const { shipper, dropped, stop, end } = shipperInto(async (lines) => {
      if (lines.includes('poison')) throw new AedileError('api_invalid', {})
      stored.push(...lines)
    })
    shipper.take('stdout', encode('poison\n'), '1')
    await shipper.drained(stop)
    shipper.take('stdout', encode('after\n'), '2')
    await shipper.drained(stop)
    expect(stored).toEqual(['after'])
    expect(dropped).toMatchObject([{ lines: 1 }])
    await end()
  })

  it('sends what piled up in messages of a bounded size, each with its own cursor', async () => {
    const sizes: number[] = []
    const cursors: string[] = []
    let isAway = true
    const { shipper, stop, end } = shipperInto(async (lines, cursor) => {
      if (isAway) throw new AedileError('api_unreachable', {})
      sizes.push(lines.reduce((sum, line) => sum + line.length, 0))
      cursors.push(cursor)
    })
    for (let index = 0; index < 40; index++) shipper.take('stdout', encode(`${'x'.repeat(100_000)}\n`), String(index))
    isAway = false
    await shipper.drained(stop)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000_000)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(4_000_000)
    expect(cursors.at(-1)).toBe('39')
    expect(new Set(cursors).size).toBe(cursors.length)
    await end()
  })

  it('waits for nobody when it ends with lines unsent', async () => {
    const { shipper, stop, end } = shipperInto(async () => {
      throw new AedileError('api_unreachable', {})
    })
    shipper.take('stdout', encode('lost to nobody: its cursor was not stored\n'), '1')
    const drained = shipper.drained(stop)
    await end()
    await expect(drained).resolves.toBeUndefined()
  })

  it('remembers the last twenty lines', async () => {
    const { shipper, end } = shipperInto(async () => {})
    for (let index = 0; index < 50; index++) shipper.take('stdout', encode(`${index}\n`), String(index))
    expect(shipper.lastLines).toHaveLength(20)
    expect(shipper.lastLines.at(-1)).toBe('49')
    await end()
  })
})
