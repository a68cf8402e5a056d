import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { pythonRepr } from '@aedile/core/python-text'
import { joinPointer } from '@aedile/core/templates/placeholders'
import { readMapping } from './fields.ts'
import type { Problems } from './problems.ts'

/** How a type's genuine worker words what is missing from a body. */
export type BodyRule = { required: JsonObject; missing: string }

/**
 * Checks a job's body against what it must have at least: all that is missing and all that has another value is told at once.
 * Everything else in it is the provider's business and passes through.
 */
export function readJobBody(value: JsonValue | undefined, { required, missing }: BodyRule, problems: Problems): JsonObject {
  const body = readMapping(value, '/job_body', problems)
  if (body !== value) return body
  const found: Found = { missing: [], incompatible: [] }
  compare(body, required, '', found)
  const lacking = found.missing.sort()
  if (lacking.length > 0) problems.add(lacking.map(inJob), `${missing}: ${lacking.join(', ')}`)
  const wrong = found.incompatible.map(({ pointer, value }) => `${pointer} must have value ${pythonRepr(value)}`).sort()
  if (wrong.length > 0) {
    const pointers = found.incompatible.map(({ pointer }) => inJob(pointer))
    problems.add(pointers, `Job has incompatible values for the following attributes: ${wrong.join(', ')}`)
  }
  return body
}

type Found = { missing: string[]; incompatible: { pointer: string; value: JsonValue }[] }

function compare(value: JsonValue, required: JsonValue, pointer: string, found: Found): void {
  if (isJsonObject(value) && isJsonObject(required)) {
    for (const [key, inner] of Object.entries(required)) {
      const at = joinPointer(pointer, key)
      if (Object.hasOwn(value, key)) compare(value[key]!, inner, at, found)
      else found.missing.push(at)
    }
  } else if (Array.isArray(value) && Array.isArray(required)) {
    for (const [index, inner] of required.entries()) {
      const at = joinPointer(pointer, index)
      if (index < value.length) compare(value[index]!, inner, at, found)
      else found.missing.push(at)
    }
  } else if (value !== required) found.incompatible.push({ pointer, value: required })
}

function inJob(pointer: string): string {
  return `/job_body${pointer}`
}
