import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { joinPointer } from '@aedile/core/templates/placeholders'
import type { Problems } from './problems.ts'

/** A secret of Google Secret Manager, by reference. */
export type SecretKeySelector = { secret: string; version: string }

type Value = JsonValue | undefined

/** Text; numbers are none. Source: what pydantic takes without its strict mode, here and below. */
export function readText(value: Value, pointer: string, problems: Problems): string {
  if (typeof value === 'string') return value
  problems.add(pointer, describeWrongKind('a text', value))
  return ''
}

/** A whole number above zero: also in text, with blanks around, single underscores within or `.0` behind. */
export function readSeconds(value: Value, pointer: string, maximum: number, problems: Problems): number {
  const number = toInteger(value)
  if (number === null) return refuse(1, pointer, 'a whole number', value, problems)
  if (number <= 0 || number > maximum) problems.add(pointer, `expected 1 to ${maximum} seconds, found ${number}`)
  return number
}

function toInteger(value: Value): number | null {
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'number') return Number.isInteger(value) ? value : null
  const text = typeof value === 'string' ? /^([+-]?\d+(?:_\d+)*)(?:\.0+)?$/.exec(value.trim())?.[1] : undefined
  return text === undefined ? null : Number(text.replaceAll('_', ''))
}

const TRUE = ['1', 'true', 't', 'yes', 'y', 'on']
const FALSE = ['0', 'false', 'f', 'no', 'n', 'off']

/** True or false, also spelt as 1 and 0, yes and no, on and off. */
export function readBoolean(value: Value, pointer: string, problems: Problems): boolean {
  const text = value !== null && typeof value !== 'object' ? String(value).toLowerCase() : ''
  if (TRUE.includes(text)) return true
  if (FALSE.includes(text)) return false
  return refuse(false, pointer, 'true or false', value, problems)
}

/** A list of texts, or null. */
export function readTextsOrNull(value: Value, pointer: string, problems: Problems): string[] | null {
  if (value === null) return null
  if (!Array.isArray(value)) {
    problems.add(pointer, describeWrongKind('a list', value))
    return []
  }
  return value.map((item, index) => readText(item, `${pointer}/${index}`, problems))
}

/** A reference to a secret; what is not part of one is left out. */
export function readSecret(value: Value, pointer: string, problems: Problems): SecretKeySelector {
  const { secret, version } = readMapping(value, pointer, problems)
  return isJsonObject(value)
    ? { secret: readText(secret, `${pointer}/secret`, problems), version: readText(version, `${pointer}/version`, problems) }
    : { secret: '', version: '' }
}

/** A reference to a secret, or null. */
export function readSecretOrNull(value: Value, pointer: string, problems: Problems): SecretKeySelector | null {
  return value === null ? null : readSecret(value, pointer, problems)
}

/** References to secrets, by the names of variables. */
export function readSecrets(value: Value, pointer: string, problems: Problems): Record<string, SecretKeySelector> {
  const entries = Object.entries(readMapping(value, pointer, problems))
  return Object.fromEntries(entries.map(([name, secret]) => [name, readSecret(secret, joinPointer(pointer, name), problems)]))
}

/** A mapping. */
export function readMapping(value: Value, pointer: string, problems: Problems): JsonObject {
  if (isJsonObject(value)) return value
  problems.add(pointer, describeWrongKind('a mapping', value))
  return {}
}

/** What is wrong with a value of another kind, without the value: a secret may have come to the wrong place. */
export function describeWrongKind(expected: string, found: Value): string {
  const kind = Array.isArray(found) ? 'a list' : found === null ? 'null' : KINDS[typeof found]
  return `expected ${expected}, found ${kind}`
}

const KINDS: Record<string, string> = {
  undefined: 'nothing',
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  object: 'a mapping',
}

function refuse<Result>(instead: Result, pointer: string, expected: string, found: Value, problems: Problems): Result {
  problems.add(pointer, `expected ${expected}, found ${found === undefined ? 'nothing' : JSON.stringify(found)}`)
  return instead
}
