/** How deep templates, values and schemas may be nested. A genuine Prefect gives up near 1,000, at Python's limit of recursion. */
export const MAXIMUM_DEPTH = 900

/** True for a value that is nested deeper than may be; it looks no further than that. */
export function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (depth > MAXIMUM_DEPTH) return true
  if (Array.isArray(value)) return value.some((item) => isTooDeep(item, depth + 1))
  return Object.values(value).some((item) => isTooDeep(item, depth + 1))
}
