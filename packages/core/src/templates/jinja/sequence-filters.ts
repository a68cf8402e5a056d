import { pythonRepr } from '../../python-text.ts'
import { attributeOf, type Filter, filter, type Given, number, type Surroundings } from './filter.ts'
import { calculate, compareValues, isNumber, isText } from './operators.ts'
import { JinjaError } from './tokens.ts'
import { isTrue, itemsOf, Sequence, toText, typeName, Undefined, type Value } from './values.ts'

/** Filters that read or make several values: their number, order and choice. */
export const SEQUENCE_FILTERS: Record<string, Filter> = {
  batch: filter('linecount fill_with', (value, given) => {
    const size = Math.max(number(given.linecount, 0), 1)
    const items = itemsOf(value)
    const rows = Array.from({ length: Math.ceil(items.length / size) }, (_, row) => items.slice(row * size, (row + 1) * size))
    const missing = given.fill_with === undefined || given.fill_with === null ? 0 : size - (rows.at(-1)?.length ?? size)
    return new Sequence(
      'generator',
      rows.map((row, index) =>
        index === rows.length - 1 ? [...row, ...Array<Value>(Math.min(missing, 1000)).fill(given.fill_with!)] : row,
      ),
    )
  }),
  count: filter('', lengthOf),
  dictsort: filter('case_sensitive by reverse', (value, given, surroundings) => {
    if (!(value instanceof Map)) throw new JinjaError(`'${typeName(value)}' object has no attribute 'items'`)
    const entries = [...value].map((entry) => new Sequence('tuple', entry))
    const key = keyOf({ case_sensitive: given.case_sensitive }, surroundings)
    const place = given.by === 'value' ? 1 : 0
    return sorted(entries, (entry) => key((entry as Sequence).items[place]!), isTrue(given.reverse ?? false), surroundings)
  }),
  first: filter(
    '',
    (value) => itemsOf(value)[0] ?? (itemsOf(value).length > 0 ? null : new Undefined('No first item, sequence was empty.')),
  ),
  items: filter('', (value) => {
    if (value instanceof Undefined) return new Sequence('generator', [])
    if (!(value instanceof Map)) throw new JinjaError('Can only get item pairs from a mapping.')
    return new Sequence(
      'generator',
      [...value].map((entry) => new Sequence('tuple', entry)),
    )
  }),
  join: filter('d attribute', (value, { d = '', attribute }, surroundings) => {
    const items =
      attribute === undefined || attribute === null
        ? itemsOf(value)
        : itemsOf(value).map((item) => attributeOf(item, attribute, surroundings))
    const separator = toText(d)
    const texts = items.map(toText)
    surroundings.budget.size(texts.reduce((sum, text) => sum + text.length + separator.length, 0))
    return texts.join(separator)
  }),
  last: filter(
    '',
    (value) => itemsOf(value).at(-1) ?? (itemsOf(value).length > 0 ? null : new Undefined('No last item, sequence was empty.')),
  ),
  length: filter('', lengthOf),
  list: filter('', (value) => [...itemsOf(value)]),
  max: filter('case_sensitive attribute', (value, given, surroundings) => best(value, given, surroundings, (order) => order > 0)),
  min: filter('case_sensitive attribute', (value, given, surroundings) => best(value, given, surroundings, (order) => order < 0)),
  reverse: filter('', (value) =>
    isText(value) ? [...toText(value)].reverse().join('') : new Sequence('generator', itemsOf(value).toReversed()),
  ),
  slice: filter('slices fill_with', (value, { slices, fill_with: fill }) => {
    const items = itemsOf(value)
    const count = number(slices, 1)
    if (count < 1 || count > 1000) throw new JinjaError('slices must be between 1 and 1000')
    const [size, extra] = [Math.floor(items.length / count), items.length % count]
    const columns = Array.from({ length: count }, (_, index) => {
      const start = index * size + Math.min(index, extra)
      const column = items.slice(start, start + size + (index < extra ? 1 : 0))
      return fill !== undefined && fill !== null && extra > 0 && index >= extra ? [...column, fill] : column
    })
    return new Sequence('generator', columns)
  }),
  sort: filter('reverse case_sensitive attribute', (value, given, surroundings) =>
    sorted(itemsOf(value), keyOf(given, surroundings), isTrue(given.reverse ?? false), surroundings),
  ),
  sum: filter('attribute start', (value, { attribute, start = 0n }, surroundings) =>
    itemsOf(value).reduce((sum, item) => {
      const added = attribute === undefined || attribute === null ? item : attributeOf(item, attribute, surroundings)
      return calculate('+', sum, added, surroundings.budget)
    }, start),
  ),
  unique: filter('case_sensitive attribute', (value, given, surroundings) => {
    const key = keyOf(given, surroundings)
    const seen = new Set<string>()
    const kept = itemsOf(value).filter((item) => {
      const at = key(item)
      const name = isNumber(at) ? `number ${Number(at)}` : pythonRepr(toText(at)) + typeName(at)
      if (!isText(at) && !isNumber(at) && at !== null) throw new JinjaError(`unhashable type: '${typeName(at)}'`)
      return seen.has(name) ? false : seen.add(name)
    })
    return new Sequence('generator', kept)
  }),
}

const toLower = (value: Value): Value => (isText(value) ? toText(value).toLowerCase() : value)

/** What items are compared by: an attribute, and case only where it matters. */
function keyOf({ attribute, case_sensitive: matters }: Given, surroundings: Surroundings): (item: Value) => Value {
  if (isText(attribute ?? null) && toText(attribute!).includes(',')) throw new JinjaError('several attributes are not supported')
  return (item) => {
    const key = attribute === undefined || attribute === null ? item : attributeOf(item, attribute, surroundings)
    return matters !== undefined && isTrue(matters) ? key : toLower(key)
  }
}

function best(value: Value, given: Given, surroundings: Surroundings, isBetter: (order: number) => boolean): Value {
  const key = keyOf(given, surroundings)
  const [first, ...rest] = itemsOf(value)
  if (first === undefined) return new Undefined('No aggregated item, sequence was empty.')
  return rest.reduce((top, item) => (isBetter(compareValues(key(item), key(top))) ? item : top), first)
}

function sorted(items: Value[], key: (item: Value) => Value, isReversed: boolean, { budget }: Surroundings): Value[] {
  budget.size(items.length * 10)
  const order = items.toSorted((a, b) => compareValues(key(a), key(b)) * (isReversed ? -1 : 1))
  return order
}

function lengthOf(value: Value): bigint {
  if (value instanceof Undefined) return 0n
  if (value instanceof Map) return BigInt(value.size)
  if (isText(value)) return BigInt([...toText(value)].length)
  if (Array.isArray(value) || (value instanceof Sequence && value.kind !== 'generator')) return BigInt(itemsOf(value).length)
  throw new JinjaError(`object of type '${typeName(value)}' has no len()`)
}
