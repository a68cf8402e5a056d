import { compareValues, isEqual, isIn, isNumber, isText } from './operators.ts'
import { JinjaError } from './tokens.ts'
import { integerOf, Markup, Sequence, toText, typeName, Undefined, type Value } from './values.ts'

type Test = (value: Value, given: Value[]) => boolean

const equal: Test = (value, [other = null]) => isEqual(value, other)
const greater: Test = (value, [other = null]) => compareValues(value, other, '>') > 0
const greaterOrEqual: Test = (value, [other = null]) => compareValues(value, other, '>=') >= 0
const less: Test = (value, [other = null]) => compareValues(value, other, '<') < 0
const lessOrEqual: Test = (value, [other = null]) => compareValues(value, other, '<=') <= 0
const different: Test = (value, given) => !equal(value, given)

function remainder(value: Value, by: Value): bigint {
  if (value instanceof Undefined) throw new JinjaError(value.why)
  const [a, b] = [integerOf(value) ?? wholeOf(value), integerOf(by)]
  if (b === 0n) throw new JinjaError('integer division or modulo by zero')
  if (a === null || b === null)
    throw new JinjaError(`unsupported operand type(s) for %: '${typeName(value)}' and '${typeName(by)}'`)
  return ((a % b) + b) % b
}

/** A float that is whole; any other has no integer remainder, which -1 stands for. */
function wholeOf(value: Value): bigint | null {
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : null
}

const isCased = (text: string) => text.toLowerCase() !== text.toUpperCase()

const TESTS: Record<string, Test> = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  true: (value) => value === true,
  false: (value) => value === false,
  integer: (value) => typeof value === 'bigint',
  float: (value) => typeof value === 'number',
  number: isNumber,
  string: isText,
  mapping: (value) => value instanceof Map,
  iterable: (value) =>
    isText(value) || Array.isArray(value) || value instanceof Map || value instanceof Sequence || value instanceof Undefined,
  sequence: (value) =>
    isText(value) ||
    Array.isArray(value) ||
    value instanceof Map ||
    value instanceof Undefined ||
    (value instanceof Sequence && (value.kind === 'tuple' || value.kind.startsWith('range'))),
  odd: (value) => remainder(value, 2n) === 1n,
  even: (value) => remainder(value, 2n) === 0n,
  divisibleby: (value, [by = null]) => remainder(value, by) === 0n,
  lower: (value) => isCased(toText(value)) && toText(value) === toText(value).toLowerCase(),
  upper: (value) => isCased(toText(value)) && toText(value) === toText(value).toUpperCase(),
  in: (value, [container = null]) => isIn(value, container),
  escaped: (value) => value instanceof Markup,
  eq: equal,
  equalto: equal,
  '==': equal,
  ne: different,
  '!=': different,
  gt: greater,
  greaterthan: greater,
  '>': greater,
  ge: greaterOrEqual,
  '>=': greaterOrEqual,
  lt: less,
  lessthan: less,
  '<': less,
  le: lessOrEqual,
  '<=': lessOrEqual,
}

/** `value is name(given)`. */
export function applyTest(name: string, value: Value, given: Value[]): boolean {
  const test = Object.hasOwn(TESTS, name) ? TESTS[name]! : undefined
  if (test) return test(value, given)
  const isKnown = ['sameas', 'callable', 'filter', 'test'].includes(name)
  throw new JinjaError(isKnown ? `the test '${name}' is not supported` : `No test named '${name}'.`)
}
