import { AedileError } from '@aedile/core/errors'
import { readReference } from '../registry-auth/reference.ts'

/** The name and the tag that an image gets. */
export type NamedImage = { name: string; tag: string; image: string }

/**
 * Names an image. Without registry and folder the name gets the default namespace; without a tag, the time is the tag, as a
 * genuine client has it.
 * @throws AedileError `image_name_invalid`
 */
export function nameImage(
  given: string,
  tag: string | undefined,
  { namespace, now = new Date() }: { namespace?: string | undefined; now?: Date } = {},
): NamedImage {
  const spaced = /\s/.test(given)
  const reference = spaced ? null : readReference(given)
  if (!reference) throw invalid(given, spaced ? 'it has spaces' : suggest(given))
  if (reference.digest !== null) throw invalid(given, 'a digest is known only after the push; give a tag')
  if (tag && reference.tag && tag !== reference.tag) throw invalid(given, `it has a tag, and ${tag} was given as well`)
  const name = namespace && !reference.name.includes('/') ? `${namespace.replace(/\/$/, '')}/${reference.name}` : reference.name
  const chosen = tag || reference.tag || toTag(now)
  const image = `${name}:${chosen}`
  if (!readReference(image)) throw invalid(image, `the tag may have letters, digits, "_", "-" and "."`)
  return { name, tag: chosen, image }
}

function suggest(given: string): string {
  const lower = given.toLowerCase()
  if (lower !== given && readReference(lower)) return `the name of a repository is in lower case, such as ${lower}`
  return 'a name has lower-case letters, digits and the separators ".", "_", "-" and "/", then ":tag"'
}

/** The time with microseconds, as a genuine client makes a tag of it: `2026-11-21t14-40-58-123456-00-00`. */
function toTag(now: Date): string {
  return `${now.toISOString().slice(0, 23).toLowerCase().replace(/[:.]/g, '-')}000-00-00`
}

function invalid(name: string, why: string): AedileError {
  return new AedileError('image_name_invalid', { name: JSON.stringify(name), why })
}
