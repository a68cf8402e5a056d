import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'

/** What stands for a block in a job variable: servers replace it by the block's data. */
export const BLOCK_REFERENCE_TYPE = '{ $ref: string | { [key: string]: string } }'

const SCALARS: Record<string, string> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
}

/**
 * Turns the part of JSON Schema that pools use into TypeScript: types, enums, unions, intersections, tuples, mappings,
 * definitions. What it does not know is `unknown`, never a guess. Written here because the kept library for this brings a
 * code formatter of ten megabytes along.
 */
export class SchemaTypes {
  /** One declaration for each definition that is used, in order of first use. */
  readonly declarations: string[] = []
  usesBlocks = false
  readonly #root: JsonObject
  readonly #prefix: string
  readonly #named = new Map<string, string>()

  constructor(root: JsonObject, prefix: string) {
    this.#root = root
    this.#prefix = prefix
  }

  /** One line of a mapping's type, its description above it. A value that is not required may be null too. */
  member(name: string, schema: JsonValue, isRequired: boolean, indent = '  '): string {
    const type = this.of(schema, indent)
    const accepted = isRequired || type === 'unknown' || /(^|\| )null$/.test(type) ? type : `${wrapUnion(type)} | null`
    return `${describe(schema, indent)}${indent}${propertyName(name)}${isRequired ? '' : '?'}: ${accepted}`
  }

  /** The type of a schema. */
  of(schema: JsonValue, indent = ''): string {
    if (schema === false) return 'never'
    if (!isJsonObject(schema)) return 'unknown'
    if (typeof schema.$ref === 'string') return this.#reference(schema.$ref)
    if (Object.hasOwn(schema, 'const')) return literal(schema.const!)
    if (Array.isArray(schema.enum)) return union(schema.enum.map(literal))
    const branches = schema.anyOf ?? schema.oneOf
    if (Array.isArray(branches)) return union(branches.map((branch) => this.of(branch, indent)))
    if (Array.isArray(schema.allOf)) return schema.allOf.map((part) => wrap(this.of(part, indent))).join(' & ') || 'unknown'
    if (Array.isArray(schema.type)) return union(schema.type.map((type) => this.of({ ...schema, type }, indent)))
    if (schema.type === 'array') return this.#list(schema, indent)
    if (schema.type === 'object' || (schema.type === undefined && isJsonObject(schema.properties))) {
      return this.#mapping(schema, indent)
    }
    return typeof schema.type === 'string' && Object.hasOwn(SCALARS, schema.type) ? SCALARS[schema.type]! : 'unknown'
  }

  #list({ items, prefixItems }: JsonObject, indent: string): string {
    const tuple = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : null
    if (!tuple) return `${wrap(this.of(items ?? true, indent))}[]`
    const rest = Array.isArray(items) || items === false ? [] : [`...${wrap(this.of(items ?? true, indent))}[]`]
    return `[${[...tuple.map((item) => `${wrap(this.of(item, indent))}?`), ...rest].join(', ')}]`
  }

  /** Keys that are not named are open only where the schema says so: pydantic's models do not read others. */
  #mapping({ properties, required, additionalProperties }: JsonObject, indent: string): string {
    const named = isJsonObject(properties) ? Object.entries(properties) : []
    if (named.length === 0) {
      if (additionalProperties === false) return 'Record<string, never>'
      return `{ [key: string]: ${this.of(additionalProperties ?? true, indent)} }`
    }
    const isRequired = (name: string) => Array.isArray(required) && required.includes(name)
    const members = named.map(([name, schema]) => this.member(name, schema, isRequired(name), `${indent}  `))
    // A typed index would have to fit the named keys as well.
    const isOpen = additionalProperties === true || isJsonObject(additionalProperties)
    const open = isOpen ? [`${indent}  [key: string]: unknown`] : []
    return `{\n${[...members, ...open].join('\n')}\n${indent}}`
  }

  #reference(reference: string): string {
    const path = /^#\/(definitions|\$defs)\/([^/]+)$/.exec(reference)
    const group = path ? this.#root[path[1]!] : undefined
    const key = path?.[2]?.replaceAll('~1', '/').replaceAll('~0', '~')
    const definition = isJsonObject(group) && key !== undefined && Object.hasOwn(group, key) ? group[key] : undefined
    if (definition === undefined) return 'unknown'
    const known = this.#named.get(reference)
    if (known) return known
    const name = this.#nameOf(key!)
    // Known before it is written: a definition may refer to itself.
    this.#named.set(reference, name)
    const at = this.declarations.push('') - 1
    const isBlock = isJsonObject(definition) && Object.hasOwn(definition, 'block_type_slug')
    if (isBlock) this.usesBlocks = true
    const type = this.of(definition)
    const isItself = type === name
    this.declarations[at] =
      `${describe(definition, '')}export type ${name} = ${isItself ? 'unknown' : type}${isBlock ? ' | BlockReference' : ''}`
    return name
  }

  #nameOf(key: string): string {
    const wanted = this.#prefix + key.replace(/[^\p{L}\p{N}]+/gu, '')
    const taken = new Set(this.#named.values())
    for (let name = wanted, count = 2; ; name = `${wanted}${count++}`) {
      if (!taken.has(name) && name !== `${this.#prefix}Variables`) return name
    }
  }
}

function literal(value: JsonValue): string {
  return typeof value === 'object' && value !== null ? 'unknown' : typeof value === 'string' ? quote(value) : String(value)
}

function quote(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

function union(types: string[]): string {
  const distinct = [...new Set(types)]
  if (distinct.length === 0) return 'never'
  if (distinct.includes('unknown')) return 'unknown'
  return distinct.map(wrapUnion).join(' | ')
}

/** Parentheses where a type stands before `[]`, `?` or `&`. */
function wrap(type: string): string {
  return type.includes(' | ') || type.includes(' & ') ? `(${type})` : type
}

function wrapUnion(type: string): string {
  return type.includes(' & ') ? `(${type})` : type
}

/** A key as TypeScript writes it. */
export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) && name !== '__proto__' ? name : quote(name)
}

function describe(schema: JsonValue, indent: string): string {
  const text = isJsonObject(schema) && typeof schema.description === 'string' ? schema.description : ''
  const comment = text.replaceAll('*/', '* /').replace(/\s+/g, ' ').trim()
  return comment === '' ? '' : `${indent}/** ${comment} */\n`
}
