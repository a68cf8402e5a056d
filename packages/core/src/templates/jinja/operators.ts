import type { Budget } from './budget.ts'
import { JinjaError } from './tokens.ts'
import { integerOf, itemsOf, Markup, Sequence, toText, typeName, Undefined, type Value } from './values.ts'

/** `+ - * / // % **` as Python counts: integers without limit stay integers, `/` gives a float. */
export function calculate(operator: string, left: Value, right: Value, budget: Budget): Value {
  for (const side of [left, right]) if (side instanceof Undefined) throw new JinjaError(side.why)
  if (operator === '+' && !isNumber(left)) return addTogether(left, right, budget)
  if (operator === '*') {
    const [repeated, times] = isNumber(left) ? [right, left] : [left, right]
    const count = integerOf(times)
    if (!isNumber(repeated) && count !== null) return repeat(repeated, count, budget)
  }
  if (operator === '%' && (typeof left === 'string' || left instanceof Markup))
    throw new JinjaError('formatting with % is not supported')
  if (!isNumber(left) || !isNumber(right)) throw unsupported(operator, left, right)
  const [a, b] = [integerOf(left), integerOf(right)]
  if (a === null || b === null || operator === '/' || (operator === '**' && b < 0n)) {
    return calculateFloats(operator, Number(left), Number(right))
  }
  return calculateIntegers(operator, a, b, budget)
}

function calculateFloats(operator: string, a: number, b: number): number {
  if (b === 0 && ['/', '//', '%'].includes(operator)) throw new JinjaError('division by zero')
  if (operator === '+') return a + b
  if (operator === '-') return a - b
  if (operator === '*') return a * b
  if (operator === '/') return a / b
  if (operator === '//') return Math.floor(a / b)
  if (operator === '%') return a % b !== 0 && a < 0 !== b < 0 ? (a % b) + b : a % b
  if (a === 0 && b < 0) throw new JinjaError('0.0 cannot be raised to a negative power')
  const power = a ** b
  if (Number.isNaN(power) || (!Number.isFinite(power) && Number.isFinite(a)))
    throw new JinjaError('Numerical result out of range')
  return power
}

function calculateIntegers(operator: string, a: bigint, b: bigint, budget: Budget): bigint {
  if (b === 0n && ['//', '%'].includes(operator)) throw new JinjaError('integer division or modulo by zero')
  const bits = (value: bigint) => value.toString(16).length * 4
  if (operator === '+') return a + b
  if (operator === '-') return a - b
  if (operator === '*') {
    budget.integer(bits(a) + bits(b))
    return a * b
  }
  if (operator === '**') {
    budget.integer(Number(b) * bits(a))
    return a ** b
  }
  const isMixed = a % b !== 0n && a < 0n !== b < 0n
  return operator === '//' ? a / b - (isMixed ? 1n : 0n) : (a % b) + (isMixed ? b : 0n)
}

function addTogether(left: Value, right: Value, budget: Budget): Value {
  if (isText(left) && isText(right)) return joinTexts([left, right], budget)
  if (Array.isArray(left) && Array.isArray(right)) {
    budget.size(left.length + right.length)
    return [...left, ...right]
  }
  if (isTuple(left) && isTuple(right)) {
    budget.size(left.items.length + right.items.length)
    return new Sequence('tuple', [...left.items, ...right.items])
  }
  throw unsupported('+', left, right)
}

function repeat(repeated: Value, count: bigint, budget: Budget): Value {
  const length = isText(repeated)
    ? toText(repeated).length
    : Array.isArray(repeated) || isTuple(repeated)
      ? itemsOf(repeated).length
      : null
  if (length === null) throw unsupported('*', repeated, count)
  const times = count < 0n ? 0 : Number(count)
  budget.size(length * times)
  if (typeof repeated === 'string') return repeated.repeat(times)
  if (repeated instanceof Markup) return new Markup(repeated.text.repeat(times))
  const items = Array.from({ length: times }, () => itemsOf(repeated)).flat()
  return Array.isArray(repeated) ? items : new Sequence('tuple', items)
}

/** `~`: what values print as, one after the other, nothing escaped. */
export function joinPlainly(parts: Value[], budget: Budget): string {
  const texts = parts.map(toText)
  budget.size(texts.reduce((sum, text) => sum + text.length, 0))
  return texts.join('')
}

/** Texts one after the other. As soon as one is safe for HTML, the others are made so. */
function joinTexts(parts: Value[], budget: Budget): string | Markup {
  const isMarkup = parts.some((part) => part instanceof Markup)
  const texts = parts.map((part) => (isMarkup && !(part instanceof Markup) ? escapeHtml(toText(part)) : toText(part)))
  budget.size(texts.reduce((sum, text) => sum + text.length, 0))
  return isMarkup ? new Markup(texts.join('')) : texts.join('')
}

/** Text with HTML's special characters replaced. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('>', '&gt;')
    .replaceAll('<', '&lt;')
    .replaceAll("'", '&#39;')
    .replaceAll('"', '&#34;')
}

/** `==` as Python sees it: 1, 1.0 and True are one. */
export function isEqual(left: Value, right: Value): boolean {
  if (isNumber(left) && isNumber(right)) return compareNumbers(left, right) === 0
  if (isText(left) && isText(right)) return toText(left) === toText(right)
  if (left instanceof Undefined) return right instanceof Undefined
  if (left instanceof Map && right instanceof Map) {
    return left.size === right.size && [...left].every(([key, item]) => right.has(key) && isEqual(item, right.get(key)!))
  }
  const areLists = Array.isArray(left) && Array.isArray(right)
  if (areLists || (left instanceof Sequence && right instanceof Sequence && left.kind === right.kind)) {
    const [a, b] = [itemsOf(left), itemsOf(right)]
    return a.length === b.length && a.every((item, index) => isEqual(item, b[index]!))
  }
  return left === right
}

/** Negative, zero or positive. @throws JinjaError for what Python cannot order. */
export function compareValues(left: Value, right: Value, operator = '<'): number {
  for (const side of [left, right]) if (side instanceof Undefined) throw new JinjaError(side.why)
  if (isNumber(left) && isNumber(right)) return compareNumbers(left, right)
  if (isText(left) && isText(right)) return compareTexts(toText(left), toText(right))
  const areSequences = (Array.isArray(left) && Array.isArray(right)) || (isTuple(left) && isTuple(right))
  if (!areSequences) {
    throw new JinjaError(`'${operator}' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`)
  }
  const [a, b] = [itemsOf(left), itemsOf(right)]
  const at = a.findIndex((item, index) => index >= b.length || !isEqual(item, b[index]!))
  return at < 0 || at >= b.length ? a.length - b.length : compareValues(a[at]!, b[at]!, operator)
}

/** By code points, as Python orders; JavaScript orders by UTF-16 units. */
function compareTexts(left: string, right: string): number {
  const [a, b] = [[...left], [...right]]
  const at = a.findIndex((character, index) => character !== b[index])
  if (at < 0 || at >= b.length) return a.length - b.length
  return a[at]!.codePointAt(0)! - b[at]!.codePointAt(0)!
}

function compareNumbers(left: number | bigint | boolean, right: number | bigint | boolean): number {
  const [a, b] = [integerOf(left) ?? left, integerOf(right) ?? right]
  return a < b ? -1 : a > b ? 1 : a === b || (a >= b && a <= b) ? 0 : Number.NaN
}

/** `in`. */
export function isIn(value: Value, container: Value): boolean {
  if (isText(container)) {
    if (!isText(value)) throw new JinjaError(`'in <string>' requires string as left operand, not ${typeName(value)}`)
    return toText(container).includes(toText(value))
  }
  if (container instanceof Map) return isText(value) && container.has(toText(value))
  return itemsOf(container).some((item) => isEqual(item, value))
}

/** The opposite sign. */
export function negate(value: Value): Value {
  if (value instanceof Undefined) throw new JinjaError(value.why)
  const integer = integerOf(value)
  if (integer !== null) return -integer
  if (typeof value === 'number') return -value
  throw new JinjaError(`bad operand type for unary -: '${typeName(value)}'`)
}

export const isNumber = (value: Value): value is number | bigint | boolean =>
  ['number', 'bigint', 'boolean'].includes(typeof value)
export const isText = (value: Value): value is string | Markup => typeof value === 'string' || value instanceof Markup
const isTuple = (value: Value): value is Sequence => value instanceof Sequence && value.kind === 'tuple'

function unsupported(operator: string, left: Value, right: Value): JinjaError {
  return new JinjaError(`unsupported operand type(s) for ${operator}: '${typeName(left)}' and '${typeName(right)}'`)
}
