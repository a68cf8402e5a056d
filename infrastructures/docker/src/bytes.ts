const UNITS: Record<string, number> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** A size such as `512m`, `1.5GB` or `1000` in bytes, as docker-py reads it; null when it is none. */
export function parseBytes(text: string): number | null {
  if (text === '') return 0
  const short = /\p{L}[bB]$/u.test(text) ? text.slice(0, -1) : text
  const last = short.at(-1)!.toLowerCase()
  const isPlain = /\d/.test(last)
  const unit = isPlain ? 1 : UNITS[last]
  const digits = (isPlain ? short : short.slice(0, -1)).trim()
  if (unit === undefined || !/^[+-]?(\d+(_\d+)*(\.(\d+(_\d+)*)?)?|\.\d+(_\d+)*)(e[+-]?\d+(_\d+)*)?$/i.test(digits)) return null
  const bytes = Math.trunc(Number(digits.replaceAll('_', '')) * unit)
  return Number.isFinite(bytes) ? bytes + 0 : null
}
