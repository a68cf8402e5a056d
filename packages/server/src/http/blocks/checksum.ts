import { createHash } from 'node:crypto'
import { isTemplateObject, parseJsonKeepingNumbers, pythonRepr, type TemplateValue } from '@aedile/core/python-text'

/**
 * The checksum of a block schema's fields. A genuine client looks for its schema by the checksum that it computed itself
 * from the text that Python writes, so this has to be exact to the byte: keys sorted, `", "` and `": "` between, text in
 * ASCII, floats with their point. Source: WC 1.13.
 * @param fieldsText the fields as JSON text, because parsed numbers have forgotten whether they were floats
 */
export function computeSchemaChecksum(fieldsText: string): string {
  const fields = parseJsonKeepingNumbers(fieldsText)
  const relevant = isTemplateObject(fields) ? withoutBlockDefinitions(withoutSecretFields(fields)) : fields
  const text = `[[${writePython(relevant)}], {}]`
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** The text of the `fields` of a posted block schema, numbers as they were sent. */
export function readFieldsText(bodyText: string): string {
  const body = parseJsonKeepingNumbers(bodyText)
  return isTemplateObject(body) && body.fields !== undefined ? writePython(body.fields) : '{}'
}

type Dict = { [key: string]: TemplateValue }

/** Drops the key at any depth of objects; lists are not entered. */
function withoutSecretFields(dict: Dict): Dict {
  const entries = Object.entries(dict).filter(([key]) => key !== 'secret_fields')
  return Object.fromEntries(entries.map(([key, value]) => [key, isTemplateObject(value) ? withoutSecretFields(value) : value]))
}

/** Keeps only definitions that something refers to, that say something, and that are no blocks themselves. */
function withoutBlockDefinitions(fields: Dict): Dict {
  const { definitions, ...rest } = fields
  if (!isTemplateObject(definitions) || Object.keys(definitions).length === 0) return fields
  const referred = new Set<string>()
  collectReferences(fields, referred)
  const kept = Object.entries(definitions).filter(([name, definition]) => referred.has(name) && isPlainDefinition(definition))
  return kept.length > 0 ? { ...rest, definitions: Object.fromEntries(kept) } : rest
}

function isPlainDefinition(definition: TemplateValue): boolean {
  return isTemplateObject(definition) && Object.keys(definition).length > 0 && (definition.block_type_slug ?? null) === null
}

function collectReferences(value: TemplateValue, into: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collectReferences(item, into)
  } else if (isTemplateObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (key === '$ref' && typeof item === 'string') into.add(item.replace('#/definitions/', ''))
      else collectReferences(item, into)
    }
  }
}

function writePython(value: TemplateValue): string {
  if (Array.isArray(value)) return `[${value.map(writePython).join(', ')}]`
  if (isTemplateObject(value)) {
    const entries = Object.entries(value).sort(([a], [b]) => compareCodePoints(a, b))
    return `{${entries.map(([key, item]) => `${writeAscii(key)}: ${writePython(item)}`).join(', ')}}`
  }
  if (typeof value === 'string') return writeAscii(value)
  return value === null || typeof value === 'boolean' ? String(value) : pythonRepr(value)
}

function compareCodePoints(a: string, b: string): number {
  const left = [...a]
  const right = [...b]
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const difference = left[at]!.codePointAt(0)! - right[at]!.codePointAt(0)!
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

function writeAscii(text: string): string {
  return JSON.stringify(text).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
