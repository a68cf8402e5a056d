/** As much is read and told at once; a longer line is told in pieces. */
export const PIECE_BYTES = 64 * 1024
/** Lines that are told at once: each becomes a record that is much larger than a short line. */
const PIECE_LINES = 2_000

const NEWLINE = 0x0a

/**
 * Where the next piece of output ends: behind the last whole line, but not behind too many. A line longer than a piece is
 * cut between two characters. 0 when there is no whole line yet, unless the output is over.
 */
export function findPieceEnd(bytes: Uint8Array, isOver: boolean): number {
  let end = 0
  for (let lines = 0; lines < PIECE_LINES; lines++) {
    const newline = bytes.indexOf(NEWLINE, end)
    if (newline < 0) break
    end = newline + 1
  }
  if (end > 0) return end
  if (bytes.length >= PIECE_BYTES) return findCharacterEnd(bytes)
  return isOver ? bytes.length : 0
}

/** Before a character of several bytes that is cut off at the end. */
function findCharacterEnd(bytes: Uint8Array): number {
  let start = bytes.length - 1
  while (start > bytes.length - 4 && (bytes[start]! & 0xc0) === 0x80) start--
  const lead = bytes[start]!
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1
  return start + length > bytes.length ? start : bytes.length
}
