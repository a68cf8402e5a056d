import type { Origin } from '../templates/origins.ts'

/**
 * An origin in a few words, for a person: its layer, its place there, what it came through, and what was put into it.
 * `pointer` is where the leaf stands: a place that says the same again is left out.
 */
export function describeOrigin({ layer, path, through = [], parts = [] }: Origin, pointer?: string): string {
  const place = path === '' || path === pointer ? '' : ` ${path}`
  const references = through.filter((one) => !one.startsWith('{{') || one.includes('prefect.'))
  const via = references.length > 0 ? ` through ${references.join(' and ')}` : ''
  const inside = parts.length > 0 ? ` with ${parts.map((part) => describeOrigin(part)).join(', ')}` : ''
  return `${layer}${place}${via}${inside}`
}
