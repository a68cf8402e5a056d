import { pythonRepr, SourceNumber, type TemplateValue } from '../../python-text.ts'
import { JinjaError } from './tokens.ts'

/** A name or key that leads nowhere: empty text, and an error where something is made of it. */
export class Undefined {
  readonly why: string

  constructor(why: string) {
    this.why = why
  }
}

/** Text that is safe in HTML: joined with other text, it has that escaped. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A sequence other than a list. `kind` says how Python prints it. */
export class Sequence {
  /** Those of a generator are gone once they were read. */
  items: Value[]
  readonly kind: 'tuple' | 'dict_items' | 'dict_keys' | 'dict_values' | 'generator' | `range(${string})`

  constructor(kind: Sequence['kind'], items: Value[]) {
    this.kind = kind
    this.items = items
  }
}

/** What a template can change: `namespace()`. */
export class Namespace {
  readonly fields = new Map<string, Value>()
}

/** A function or method of ours. Nothing else can be called. */
export class Callable {
  readonly call: (positional: Value[], named: Map<string, Value>) => Value

  constructor(call: Callable['call']) {
    this.call = call
  }
}

/**
 * A value inside a template. Integers are bigints and floats are numbers, as Python keeps them apart; mappings are Maps, so
 * that there is no prototype to reach.
 */
export type Value =
  | string
  | bigint
  | number
  | boolean
  | null
  | Undefined
  | Markup
  | Sequence
  | Namespace
  | Callable
  | Value[]
  | Dict
export type Dict = Map<string, Value>

/** A JSON value as templates see it. */
export function fromJson(value: TemplateValue): Value {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value
  if (value instanceof SourceNumber) return /[.eE]/.test(value.source) ? Number(value.source) : BigInt(value.source)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(fromJson)
  return new Map(Object.keys(value).map((key) => [key, fromJson(value[key]!)]))
}

/** What a value prints as. */
export function toText(value: Value): string {
  if (typeof value === 'string') return value
  if (value instanceof Markup) return value.text
  if (value instanceof Undefined) return ''
  return toRepr(value)
}

/** What Python's `repr()` makes of a value. */
export function toRepr(value: Value): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return pythonRepr(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') return floatText(value)
  if (value instanceof Undefined) return 'Undefined'
  if (value instanceof Markup) return `Markup(${pythonRepr(value.text)})`
  if (Array.isArray(value)) return `[${value.map(toRepr).join(', ')}]`
  if (value instanceof Map) return `{${[...value].map(([key, item]) => `${pythonRepr(key)}: ${toRepr(item)}`).join(', ')}}`
  if (value instanceof Sequence) return sequenceText(value)
  throw new JinjaError(`a ${typeName(value)} cannot be printed`)
}

function sequenceText({ kind, items }: Sequence): string {
  if (kind.startsWith('range')) return kind
  const inner = items.map(toRepr).join(', ')
  if (kind === 'tuple') return items.length === 1 ? `(${inner},)` : `(${inner})`
  if (kind === 'generator') throw new JinjaError("a generator cannot be printed; add the filter 'list'")
  return `${kind}([${inner}])`
}

function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf'
  const text = Object.is(value, -0) ? '-0.0' : String(value)
  return pythonRepr(new SourceNumber(/[.e]/.test(text) ? text : `${text}.0`))
}

/** The name of a value's type in Python, for errors. */
export function typeName(value: Value): string {
  if (value === null) return 'NoneType'
  if (typeof value === 'string') return 'str'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'float'
  if (typeof value === 'boolean') return 'bool'
  if (Array.isArray(value)) return 'list'
  if (value instanceof Map) return 'dict'
  if (value instanceof Sequence) return value.kind.replace(/\(.*/, '')
  if (value instanceof Markup) return 'Markup'
  return value instanceof Undefined ? 'Undefined' : value instanceof Namespace ? 'namespace' : 'function'
}

/** What Python's `bool()` makes of a value. */
export function isTrue(value: Value): boolean {
  if (value instanceof Undefined) return false
  if (value instanceof Markup) return value.text !== ''
  if (Array.isArray(value)) return value.length > 0
  if (value instanceof Map) return value.size > 0
  if (value instanceof Sequence) return value.kind === 'generator' || value.items.length > 0
  return typeof value === 'object' ? value !== null : Boolean(value)
}

/** The items that a loop over the value sees. */
export function itemsOf(value: Value): Value[] {
  if (Array.isArray(value)) return value
  if (value instanceof Sequence) {
    const { items } = value
    if (value.kind === 'generator') value.items = []
    return items
  }
  if (value instanceof Map) return [...value.keys()]
  if (value instanceof Undefined) return []
  const text = value instanceof Markup ? value.text : value
  if (typeof text === 'string') return [...text]
  throw new JinjaError(`'${typeName(value)}' object is not iterable`)
}

/** An integer, or the integer that a boolean is; null for anything else. */
export function integerOf(value: Value | undefined): bigint | null {
  if (typeof value === 'bigint') return value
  return typeof value === 'boolean' ? BigInt(value) : null
}
