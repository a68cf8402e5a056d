import { type Filter, filter, type Given, number } from './filter.ts'
import { strip } from './methods.ts'
import { isNumber, isText } from './operators.ts'
import { JinjaError } from './tokens.ts'
import { integerOf, toText, typeName, type Value } from './values.ts'

/** Filters that make numbers. */
export const NUMBER_FILTERS: Record<string, Filter> = {
  abs: filter('', (value) => {
    if (!isNumber(value)) throw new JinjaError(`bad operand type for abs(): '${typeName(value)}'`)
    const integer = integerOf(value)
    return integer === null ? Math.abs(value as number) : integer < 0n ? -integer : integer
  }),
  float: filter('default', toFloat),
  int: filter('default base', toInteger),
  round: filter('precision method', round),
}

function toInteger(value: Value, { default: otherwise = 0n, base }: Given): Value {
  if (base !== undefined && base !== 10n) throw new JinjaError('another base than 10 is not supported')
  const integer = integerOf(value)
  if (integer !== null) return integer
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.trunc(value)) : otherwise
  const text = isText(value) ? strip(toText(value), []) : ''
  if (/^[-+]?\d+(_\d+)*$/.test(text)) return BigInt(text.replaceAll('_', '').replace(/^\+/, ''))
  const float = toFloat(value, { default: 0n })
  return typeof float === 'number' && Number.isFinite(float) ? BigInt(Math.trunc(float)) : otherwise
}

function toFloat(value: Value, { default: otherwise = 0 }: Given): Value {
  if (isNumber(value)) return Number(value)
  const text = isText(value) ? strip(toText(value), []) : ''
  return /^[-+]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+)([eE][-+]?\d+)?$/.test(text) ? Number(text.replaceAll('_', '')) : otherwise
}

/** Half goes to the even neighbour, by the exact value of the float, as in Python. */
function round(value: Value, { precision = 0n, method = 'common' }: Given): Value {
  if (!isNumber(value)) throw new JinjaError(`type ${typeName(value)} doesn't define __round__ method`)
  const digits = number(precision, 0)
  if (digits < 0 || digits > 15) throw new JinjaError('a precision below 0 or above 15 is not supported')
  if (method === 'ceil' || method === 'floor') return Math[method](Number(value) * 10 ** digits) / 10 ** digits
  if (method !== 'common') throw new JinjaError('method must be common, ceil or floor')
  if (typeof value !== 'number') return integerOf(value)!
  const fixed = Number(value.toFixed(digits))
  if (digits > 0) return fixed
  return Math.abs(value - Math.trunc(value)) === 0.5 ? 2 * Math.round(value / 2) : fixed
}
