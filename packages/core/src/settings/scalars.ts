import { z } from 'zod'

/** `true`, `1`, `yes`, `on` and their opposites, in any case. */
export const flag = z.union([z.boolean(), z.stringbool()])

/** A number of seconds, zero or more. */
export const seconds = z.coerce.number().min(0)

/** A whole number, zero or more. */
export const count = z.coerce.number().int().min(0)

/** Text; empty text means none. */
export const textOrNone = z
  .string()
  .nullable()
  .transform((text) => text?.trim() || null)

/** An http or https address without a slash at its end; empty text means none. */
export const urlOrNone = textOrNone.transform((text, context) => {
  if (text === null) return null
  if (/^https?:\/\/[^\s/]+/i.test(text) && URL.canParse(text)) return text.replace(/\/+$/, '')
  context.addIssue({ code: 'custom', message: 'expected an http or https address, e.g. http://127.0.0.1:4200/api' })
  return z.NEVER
})

/** Words with commas between them. */
export const commaList = z.union([
  z.array(z.string()),
  z.string().transform((text) =>
    text
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  ),
])

/** A JSON object of texts. */
export const jsonTexts = z
  .union([
    z.record(z.string(), z.unknown()),
    z.string().transform((text, context): unknown => {
      try {
        return text.trim() === '' ? {} : JSON.parse(text)
      } catch {
        context.addIssue({ code: 'custom', message: 'expected a JSON object of texts, e.g. {"X-Team": "data"}' })
        return z.NEVER
      }
    }),
  ])
  .pipe(z.record(z.string(), z.string()))
