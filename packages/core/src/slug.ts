import { toAscii } from './ascii-text.ts'

export type SlugOptions = {
  /** No limit without it. */
  maxLength?: number
  /** What may not stay; each stretch of it becomes one dash. Letters, digits and dashes stay by default. */
  disallowed?: RegExp
  /** True by default. */
  lowercase?: boolean
}

/** Text made fit for names: equal to Python's `slugify` in the forms in which genuine workers call it. May be empty. */
export function slugify(text: string, { maxLength, disallowed = /[^-a-zA-Z0-9]+/g, lowercase = true }: SlugOptions = {}): string {
  const ascii = decodeEntities(toAscii(text.replace(/'+/g, '-'))).normalize('NFKD')
  const slug = (lowercase ? ascii.toLowerCase() : ascii)
    .replace(/'+/g, '')
    .replace(/(?<=\d),(?=\d)/g, '')
    .replace(disallowed, '-')
  const trimmed = trimDashes(slug.replace(/-{2,}/g, '-'))
  return maxLength === undefined || trimmed.length < maxLength ? trimmed : trimDashes(trimmed.slice(0, maxLength))
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ' }

/** The character references of HTML that names meet: the numbered ones and the best known named ones. */
function decodeEntities(text: string): string {
  return text
    .replace(/&(amp|lt|gt|quot|nbsp);/g, (_whole, name: string) => NAMED[name]!)
    .replace(/&#(\d+);/g, (whole, digits: string) => fromCodePoint(Number(digits), whole))
    .replace(/&#x([\da-fA-F]+);/g, (whole, digits: string) => fromCodePoint(Number.parseInt(digits, 16), whole))
}

function fromCodePoint(codePoint: number, otherwise: string): string {
  return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : otherwise
}

function trimDashes(text: string): string {
  return text.replace(/^-+|-+$/g, '')
}
