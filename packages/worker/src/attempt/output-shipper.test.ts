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
    store: (lines, cursor) =>
      store(
        lines.map(({ message }) => message),
        cursor,
      ),
  })
  const running = shipper.run(stop.signal, (error) => dropped.push(error))
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

  it('remembers the last twenty lines', async () => {
    const { shipper, end } = shipperInto(async () => {})
    for (let index = 0; index < 50; index++) shipper.take('stdout', encode(`${index}\n`), String(index))
    expect(shipper.lastLines).toHaveLength(20)
    expect(shipper.lastLines.at(-1)).toBe('49')
    await end()
  })
})
