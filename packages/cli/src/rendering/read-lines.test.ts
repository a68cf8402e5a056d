import { expect, test } from 'vitest'
import { readLines } from './read-lines.ts'

async function linesOf(chunks: Uint8Array[]): Promise<string[]> {
  async function* stream() {
    yield* chunks
  }
  const lines: string[] = []
  for await (const line of readLines(stream())) lines.push(line)
  return lines
}

test('lines are the same however their bytes are cut', async () => {
  const bytes = new TextEncoder().encode('\uFEFFzwölf €\n\n\u2028 😀\rx\nlast')
  const expected = ['zwölf €', '', '\u2028 😀\rx', 'last']
  expect(await linesOf([bytes])).toEqual(expected)
  expect(await linesOf([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected)
  expect(await linesOf([new TextEncoder().encode('a\n')])).toEqual(['a'])
  expect(await linesOf([])).toEqual([])
})
