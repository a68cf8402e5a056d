import { z } from 'zod'
import { timestamp, uuid } from '../resources/scalars.ts'

/**
 * The pieces that filters are made of. Unknown keys are refused; a null counts as an absent key, because the Python
 * client writes every key of a filter that it uses. Source: WC 6.5.
 */
export const operator = z.enum(['and_', 'or_']).default('and_')

type Shape = Record<string, z.ZodType>
type Optional<S extends Shape> = { [K in keyof S]: z.ZodOptional<z.ZodNullable<S[K]>> }

/** Criteria that are all required. */
export function criteria<S extends Shape>(shape: S) {
  return z.strictObject(optional(shape))
}

/** Criteria that `operator` combines. */
export function combined<S extends Shape>(shape: S) {
  return z.strictObject({ operator, ...optional(shape) })
}

function optional<S extends Shape>(shape: S): Optional<S> {
  return Object.fromEntries(Object.entries(shape).map(([key, schema]) => [key, schema.nullish()])) as unknown as Optional<S>
}

/** A text that is looked for. Postgres refuses the character NUL; nothing stored has it or its stand-in. */
export const soughtText = z.string().overwrite((text) => text.replaceAll('\0', '\uFFFD'))

const texts = z.array(soughtText)
const uuids = z.array(uuid)

export const anyId = criteria({ any_: uuids })
export const anyOrNoId = criteria({ any_: uuids, not_any_: uuids })
export const anyOrNullId = combined({ any_: uuids, is_null_: z.boolean() })
export const anyText = criteria({ any_: texts })
export const anyOrNoText = criteria({ any_: texts, not_any_: texts })
export const anyOrNullText = combined({ any_: texts, is_null_: z.boolean() })
export const nameFilter = criteria({ any_: texts, like_: soughtText })
export const keyFilter = criteria({ any_: texts, like_: soughtText, exists_: z.boolean() })
export const allTags = combined({ all_: texts, is_null_: z.boolean() })
export const anyTags = combined({ all_: texts, any_: texts, is_null_: z.boolean() })
export const timeWindow = criteria({ before_: timestamp, after_: timestamp })
export const timeWindowOrNull = criteria({ before_: timestamp, after_: timestamp, is_null_: z.boolean() })
export const isTrue = criteria({ eq_: z.boolean() })
/** Words to search for, see text-search. */
export const textSearch = z.strictObject({ query: soughtText.max(200) })
