import { isJsonObject } from '@aedile/core/json'
import {
  isTemplateObject,
  mayLoseNumberText,
  parseJsonKeepingNumbers,
  SourceNumber,
  type TemplateValue,
} from '@aedile/core/python-text'

/**
 * The fields of bodies that templates are rendered from. Their numbers are stored and answered as they were written, because
 * `1.0` and `1` are two things where they end up inside a text.
 */
const FIELDS = ['base_job_template', 'job_variables', 'data', 'value']

/** For parsed parts of bodies, the same with the text of its numbers. */
const exact = new WeakMap<object, TemplateValue>()

/** Remembers how the numbers of a parsed body were written. Everything that reads the body still sees plain numbers. */
export function keepNumberText(text: string, body: unknown): void {
  if (!isJsonObject(body) || !FIELDS.some((field) => Object.hasOwn(body, field)) || !mayLoseNumberText(text)) return
  const kept = parseJsonKeepingNumbers(text)
  if (!isTemplateObject(kept)) return
  for (const field of FIELDS) {
    if (!Object.hasOwn(body, field)) continue
    const value = body[field]!
    if (typeof value === 'object' && value !== null) exact.set(value, kept[field]!)
    // A number has no identity to remember it by. Only variables have a bare one in such a field, and they take any JSON.
    else if (field === 'value' && kept.value instanceof SourceNumber) body.value = kept.value as never
  }
}

/** A part of a body as it is to be stored: its numbers are written by JSON.stringify as they came. */
export function withNumberText<Value>(value: Value): Value {
  return typeof value === 'object' && value !== null ? ((exact.get(value) as Value | undefined) ?? value) : value
}
