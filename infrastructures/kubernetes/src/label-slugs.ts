import { slugify } from '@aedile/core/slug'

/** Text that is a valid label value already, and that slugging would leave as it is. */
const CLEAN = /^[A-Za-z0-9](?:(?:[A-Za-z0-9_.]|-(?!-))*[A-Za-z0-9])?$/
const EDGES = /^[_.-]+|[_.-]+$/g
const NAME_BYTES = 63
const PREFIX_BYTES = 253
const LONGEST_KEPT = 256
const MOST_KEPT = 1000

/**
 * The key of a label or annotation, as Kubernetes takes it: an optional prefix and a name. What has nothing valid in it
 * stays as it is, for Kubernetes to complain about.
 */
export const slugifyLabelKey: (key: string) => string = remember((key) => {
  const slash = key.indexOf('/')
  const name = slugifyPart(key.slice(slash + 1), /[^a-zA-Z0-9_.-]+/g, NAME_BYTES)
  return slash > 0 ? `${slugifyPart(key.slice(0, slash), /[^a-zA-Z0-9.-]+/g, PREFIX_BYTES)}/${name}` : name
})

/** The value of a label, as Kubernetes takes it. */
export const slugifyLabelValue: (value: string) => string = remember((value) => {
  return slugifyPart(value, /[^a-zA-Z0-9_.-]+/g, NAME_BYTES)
})

/** The name of a Job, with room for the suffix that makes it unique; empty when there is nothing valid in it. */
export function slugifyName(name: string, maxLength = 45): string {
  return slugify(name, { maxLength, disallowed: /[^a-zA-Z0-9-]+/g })
}

function slugifyPart(text: string, disallowed: RegExp, maxLength: number): string {
  if (text.length <= maxLength && CLEAN.test(text) && (maxLength === NAME_BYTES || !text.includes('_'))) return text
  return slugify(text, { maxLength, disallowed, lowercase: false }).replace(EDGES, '') || text
}

/** Most labels of a pool's runs are the same. What it keeps is bounded in number and length. */
function remember(slug: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    if (text.length > LONGEST_KEPT) return slug(text)
    const before = known.get(text)
    if (before !== undefined) return before
    const made = slug(text)
    if (known.size >= MOST_KEPT) known.clear()
    known.set(text, made)
    return made
  }
}
