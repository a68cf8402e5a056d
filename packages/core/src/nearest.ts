/** The known word that is nearest to a mistyped one, or null when none is near. For "did you mean". */
export function findNearest(word: string, known: Iterable<string>): string | null {
  const limit = Math.max(1, Math.floor(word.length / 3))
  let nearest: string | null = null
  let nearestDistance = limit + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= nearestDistance) continue
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < nearestDistance) {
      nearest = candidate
      nearestDistance = distance
    }
  }
  return nearest
}

/** The most cells of comparison tables that one finder fills: some tenths of a second. */
const MOST_CELLS = 20_000_000

/**
 * Looks for near names among those that a stranger wrote: to compare many long words with many others takes minutes, so
 * beyond some work it answers null.
 */
export function createNearestFinder(known: readonly string[]): (word: string) => string | null {
  const characters = known.reduce((sum, name) => sum + name.length + 1, 0)
  let cells = 0
  return (word) => {
    cells += (word.length + 1) * characters
    return cells > MOST_CELLS ? null : findNearest(word, known)
  }
}

/** Number of inserted, deleted, changed or swapped neighbouring characters between two words (Damerau-Levenshtein). */
export function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= to.length; j += 1) {
      const changed = from[i - 1] === to[j - 1] ? 0 : 1
      let best = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + changed)
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        best = Math.min(best, beforePrevious[j - 2]! + 1)
      }
      row.push(best)
    }
    beforePrevious = previous
    previous = row
  }
  return previous[to.length]!
}
