import { AedileError } from '../errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { pythonStr } from '../python-text.ts'
import { renderJinja } from './jinja/render.ts'
import { JinjaError } from './jinja/tokens.ts'
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
    return renderOrFail(template, context.jinja ?? {})
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

function renderOrFail(template: string, names: JsonObject): string {
  try {
    return renderJinja(template, names)
  } catch (error) {
    if (error instanceof JinjaError) throw failed(`Invalid jinja: ${error.message}`)
    throw error
  }
}

function failed(reason: string): AedileError {
  return new AedileError('hydration_failed', { reason })
}
