import type { JsonValue } from './json.ts'

const MARK = Symbol.for('aedile.source-number')

/**
 * A number with the text that it had in its JSON source. Python prints `1.0` and `1` differently, and its integers have
 * no limit; JavaScript's numbers lose both. Only the template engine meets these, between `parseJsonKeepingNumbers` and
 * `dropNumberSources`.
 */
export class SourceNumber {
  /** By its mark: an infrastructure may have loaded another copy of this package than the process it is in. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && MARK in value
  }

  readonly source: string

  constructor(source: string) {
    this.source = source
  }

  get [MARK](): true {
    return true
  }

  valueOf(): number {
    return Number(this.source)
  }

  /** JSON.stringify writes the number as it was written, where the platform can. */
  toJSON(): unknown {
    return rawJson ? rawJson(this.source) : Number(this.source)
  }
}

const rawJson = (JSON as { rawJSON?: (text: string) => unknown }).rawJSON

/** JSON in which some numbers still know their source text. Every JsonValue is one. */
export type TemplateValue = string | number | boolean | null | SourceNumber | TemplateValue[] | { [key: string]: TemplateValue }

type ReviverWithSource = (this: unknown, key: string, value: unknown, context?: { source?: string }) => unknown
const parseWithSource = JSON.parse as (text: string, reviver: ReviverWithSource) => TemplateValue

/** Parses JSON; in a browser that does not tell the source of numbers, plainly. Numbers whose text JavaScript would change (`1.0`, `1e3`, 20 digits) become SourceNumbers. */
export function parseJsonKeepingNumbers(text: string): TemplateValue {
  if (!mayLoseNumberText(text)) return JSON.parse(text) as TemplateValue
  try {
    return parseWithSource(text, (_key, value, context) => {
      const source = context?.source
      return typeof value === 'number' && source !== undefined && source !== String(value) ? new SourceNumber(source) : value
    })
  } catch (error) {
    throw error instanceof RangeError ? new SyntaxError('the JSON is nested too deeply', { cause: error }) : error
  }
}

/** False when all numbers of a JSON text are written as JavaScript writes them. */
export function mayLoseNumberText(text: string): boolean {
  return /\d\.\d*0(?!\d)|\d[eE][-+\d]|\d{16}|-0/.test(text)
}

/** True for a mapping, also one that holds SourceNumbers. */
export function isTemplateObject(value: unknown): value is { [key: string]: TemplateValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof SourceNumber)
}

/** True for what Python counts as true: no null, false, zero, and nothing empty. */
export function isTruthy(value: TemplateValue): boolean {
  if (value instanceof SourceNumber) return value.valueOf() !== 0
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value)
}

/** Plain JSON again; what is known of the numbers' text is lost. The result shares nothing with its source. */
export function dropNumberSources(value: TemplateValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof SourceNumber) return value.valueOf()
  if (Array.isArray(value)) return value.map(dropNumberSources)
  const plain: { [key: string]: JsonValue } = {}
  for (const key of Object.keys(value)) setEntry(plain, key, dropNumberSources(value[key]!))
  return plain
}

/** Whether any number in a value still knows its source text. */
export function holdsNumberSources(value: TemplateValue): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (value instanceof SourceNumber) return true
  if (Array.isArray(value)) return value.some(holdsNumberSources)
  for (const key of Object.keys(value)) if (holdsNumberSources(value[key]!)) return true
  return false
}

/** Sets a mapping's entry; `__proto__` is a key like any other. */
export function setEntry<Value>(mapping: { [key: string]: Value }, key: string, value: Value): void {
  if (key !== '__proto__') mapping[key] = value
  else Object.defineProperty(mapping, key, { value, enumerable: true, configurable: true, writable: true })
}

/** What Python's `str()` makes of a JSON value: `True`, `None`, `1.0`, `{'a': [1, 'b']}`; text stays as it is. */
export function pythonStr(value: TemplateValue): string {
  return typeof value === 'string' ? value : pythonRepr(value)
}

/** What Python's `repr()` makes of a JSON value. */
export function pythonRepr(value: TemplateValue): string {
  if (value === null) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number') return /[.e]/.test(String(value)) ? floatText(value) : String(value)
  if (value instanceof SourceNumber) return sourceText(value)
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`
  return `{${Object.entries(value)
    .map(([key, item]) => `${quoted(key)}: ${pythonRepr(item)}`)
    .join(', ')}}`
}

function sourceText({ source }: SourceNumber): string {
  if (/[.eE]/.test(source)) return floatText(Number(source))
  return source === '-0' ? '0' : source
}

/** Python writes a float with an exponent below 1e-4 and from 1e16 on, JavaScript below 1e-6 and from 1e21 on. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : value < 0 ? '-inf' : 'nan'
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (exponent < -4 || exponent >= 16) {
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '')
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`
}

const NOT_PRINTABLE = /[\p{C}\p{Zl}\p{Zp}\p{Zs}]/u
const NAMED_ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  let inner = ''
  for (const character of text) {
    if (character === quote) inner += `\\${character}`
    else if (character in NAMED_ESCAPES) inner += NAMED_ESCAPES[character]
    else if (character !== ' ' && NOT_PRINTABLE.test(character)) inner += escaped(character.codePointAt(0)!)
    else inner += character
  }
  return `${quote}${inner}${quote}`
}

function escaped(codePoint: number): string {
  const hex = codePoint.toString(16)
  if (codePoint < 0x100) return `\\x${hex.padStart(2, '0')}`
  return codePoint < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}
