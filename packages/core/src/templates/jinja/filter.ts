import type { Budget } from './budget.ts'
import { isNumber, isText } from './operators.ts'
import { JinjaError } from './tokens.ts'
import { toText, typeName, type Value } from './values.ts'

/** What filters can ask of the rendering that they are part of. */
export type Surroundings = {
  budget: Budget
  filter(name: string, value: Value, positional: Value[], named: Map<string, Value>): Value
  test(name: string, value: Value, positional: Value[]): boolean
  item(value: Value, key: Value): Value
}

/** A filter's arguments, by name. */
export type Given = { [name: string]: Value | undefined }
/** A filter: the names of its arguments in their order, and what it makes of a value. */
export type Filter = { names: string[]; apply(value: Value, given: Given, surroundings: Surroundings): Value }

/** Defines a filter whose arguments have these names, with blanks between them. */
export const filter = (names: string, apply: Filter['apply']): Filter => ({ names: names === '' ? [] : names.split(' '), apply })

/** An argument as a number; `otherwise` when it was not given. */
export function number(value: Value | undefined, otherwise: number): number {
  if (value === undefined) return otherwise
  if (!isNumber(value)) throw new JinjaError(`expected a number, found '${typeName(value)}'`)
  return Number(value)
}

/** `a.b.0`: keys in a row, of which whole numbers are indexes. */
export function attributeOf(item: Value, path: Value, { item: read }: Surroundings): Value {
  if (!isText(path)) return read(item, path)
  return toText(path)
    .split('.')
    .reduce<Value>((at, key) => read(at, /^\d+$/.test(key) ? BigInt(key) : key), item)
}
