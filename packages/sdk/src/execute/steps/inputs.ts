import type { JsonObject } from '@aedile/core/json'

/** An input that has to be text. */
export function textInput(inputs: JsonObject, name: string): string {
  const value = inputs[name]
  if (typeof value === 'string' && value !== '') return value
  throw new Error(`the input ${name} has to be text, found ${JSON.stringify(value) ?? 'nothing'}`)
}

/** An input that is text or not given. */
export function optionalText(inputs: JsonObject, name: string): string | null {
  const value = inputs[name]
  if (value === undefined || value === null || value === '') return null
  return textInput(inputs, name)
}
