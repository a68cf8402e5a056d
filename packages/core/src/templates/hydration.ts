import { AedileError } from '../errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { pythonStr } from '../python-text.ts'
import { findJsonError } from './json-error-text.ts'

/** What hydration may know. */
export type HydrationContext = {
  /** Reads a variable; null for one that does not exist. */
  readVariable(name: string): Promise<{ value: JsonValue } | null>
  /** What templates of the kind `jinja` may name. */
  jinja?: JsonObject
}

/** The marker of a value that the key or element it stands at is removed for. */
const REMOVED = Symbol('removed')
type Hydrated = JsonValue | typeof REMOVED
type Handler = (object: JsonObject, context: HydrationContext) => Promise<Hydrated>

/**
 * Replaces mappings with the key `__prefect_kind` by what they stand for: `json`, `jinja`, `workspace_variable`, `none`;
 * of an unknown kind by their `value`.
 * @throws AedileError `hydration_failed`, with the reason in the API's words.
 */
export async function hydrate(value: JsonObject, context: HydrationContext): Promise<JsonObject> {
  const hydrated = await hydrateValue(value, context)
  return hydrated === REMOVED ? {} : (hydrated as JsonObject)
}

async function hydrateValue(value: JsonValue, context: HydrationContext): Promise<Hydrated> {
  if (Array.isArray(value)) {
    const items = await Promise.all(value.map((item) => hydrateValue(item, context)))
    return items.filter((item) => item !== REMOVED)
  }
  if (!isJsonObject(value)) return value
  if (Object.hasOwn(value, '__prefect_kind')) {
    const kind = value.__prefect_kind
    const handler = typeof kind === 'string' && Object.hasOwn(HANDLERS, kind) ? HANDLERS[kind] : undefined
    return handler ? handler(value, context) : (value.value ?? null)
  }
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, item]): Promise<[string, Hydrated]> => [key, await hydrateValue(item, context)]),
  )
  return Object.fromEntries(entries.filter((entry): entry is [string, JsonValue] => entry[1] !== REMOVED))
}

const HANDLERS: Record<string, Handler> = {
  async none(object, context) {
    if (!Object.hasOwn(object, 'value')) throw failed("Missing 'value' key in __prefect object")
    return hydrateValue(object.value!, context)
  },
  async json(object, context) {
    if (!Object.hasOwn(object, 'value')) return REMOVED
    const text = await hydrateNested(object.value!, context)
    if (typeof text !== 'string') return text
    try {
      return JSON.parse(text) as JsonValue
    } catch {
      throw failed(`Invalid JSON: ${findJsonError(text) ?? 'NaN and Infinity are no JSON'}`)
    }
  },
  async jinja(object, context) {
    if (!Object.hasOwn(object, 'template')) throw failed("Missing 'template' key in __prefect object")
    const template = await hydrateNested(object.template!, context)
    if (template === REMOVED) return REMOVED
    if (typeof template !== 'string') throw failed(`Invalid jinja: expected text, found ${JSON.stringify(template)}`)
    return renderJinja(template, context.jinja ?? {})
  },
  async workspace_variable(object, context) {
    if (!Object.hasOwn(object, 'variable_name')) return REMOVED
    const name = await hydrateNested(object.variable_name!, context)
    if (name === REMOVED) return REMOVED
    const variable = typeof name === 'string' ? await context.readVariable(name) : null
    if (!variable) throw failed(`Variable '${pythonStr(name)}' not found in workspace.`)
    return variable.value
  },
}

/** Only a mapping may be of a kind itself; all else is taken as it is. */
function hydrateNested(value: JsonValue, context: HydrationContext): Promise<Hydrated> {
  return isJsonObject(value) ? hydrateValue(value, context) : Promise.resolve(value)
}

const JINJA_NAME = /\{\{-?\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\])*)\s*-?\}\}/g

/**
 * The part of Jinja that is known here: text and `{{ dotted.names }}`, an unknown name being empty. Anything more is refused
 * by name: a value must not come out silently different from what its author meant.
 */
function renderJinja(template: string, names: JsonObject): string {
  const rest = template.replace(JINJA_NAME, '')
  const unknown = /\{[{%#].*/s.exec(rest)?.[0]
  if (unknown !== undefined || /\{\{-|-\}\}/.test(template)) {
    throw failed(`Invalid jinja: only text and {{ dotted.names }} are supported, found ${JSON.stringify(unknown ?? template)}`)
  }
  const rendered = template.replace(JINJA_NAME, (_whole, path: string) => {
    const value = path
      .replace(/\[(\d+)\]/g, '.$1')
      .split('.')
      .reduce<JsonValue | undefined>((at, key) => {
        if (Array.isArray(at)) return at[Number(key)]
        return isJsonObject(at) && Object.hasOwn(at, key) ? at[key] : undefined
      }, names)
    return value === undefined ? '' : pythonStr(value)
  })
  // Jinja drops one newline at the end, but only of what it parses as a template.
  return template.includes('{{') ? rendered.replace(/\n$/, '') : rendered
}

function failed(reason: string): AedileError {
  return new AedileError('hydration_failed', { reason })
}
