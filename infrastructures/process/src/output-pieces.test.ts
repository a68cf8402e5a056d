import { describe, expect, it } from 'vitest'
import { findPieceEnd, PIECE_BYTES } from './output-pieces.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('a piece of output', () => {
  it('ends behind the last whole line', () => {
    expect(findPieceEnd(bytes('one\ntwo\nthr'), false)).toBe('one\ntwo\n'.length)
  })

  it('is waited for while there is no whole line, and is the rest once the output is over', () => {
    expect(findPieceEnd(bytes('prompt> '), false)).toBe(0)
    expect(findPieceEnd(bytes('prompt> '), true)).toBe(8)
  })

  it('of a line that is too long ends between two characters', () => {
    const long = bytes(`${'x'.repeat(PIECE_BYTES - 2)}€`).subarray(0, PIECE_BYTES)
    expect(findPieceEnd(long, false)).toBe(PIECE_BYTES - 2)
    expect(findPieceEnd(bytes('x'.repeat(PIECE_BYTES)), false)).toBe(PIECE_BYTES)
  })

  it('holds no more lines than can be sent at once', () => {
    const lines = bytes('\n'.repeat(PIECE_BYTES))
    expect(findPieceEnd(lines, true)).toBeLessThan(5_000)
    expect(findPieceEnd(lines, true)).toBeGreaterThan(0)
  })
})
