/** Splits rows so that one statement stays below the number of parameters that databases allow. */
export function* chunksOf<Row>(rows: readonly Row[], columns: number): Generator<Row[]> {
  const size = Math.max(1, Math.floor(MOST_PARAMETERS / columns))
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size)
}

const MOST_PARAMETERS = 30_000
