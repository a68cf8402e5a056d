import { pythonRepr } from '../../python-text.ts'
import type { Budget } from './budget.ts'
import { capitalize, LINE_BREAK, replaceText, strip } from './methods.ts'
import { calculate, compareValues, escapeHtml, isNumber, isText } from './operators.ts'
import { JinjaError } from './tokens.ts'
import { integerOf, isTrue, itemsOf, Markup, Sequence, toText, typeName, Undefined, type Value } from './values.ts'

/** What filters can ask of the rendering that they are part of. */
export type Surroundings = {
  budget: Budget
  filter(name: string, value: Value, positional: Value[], named: Map<string, Value>): Value
  test(name: string, value: Value, positional: Value[]): boolean
  item(value: Value, key: Value): Value
}
type Given = { [name: string]: Value | undefined }
type Filter = { names: string[]; apply(value: Value, given: Given, surroundings: Surroundings): Value }

/** Applies a filter, with its arguments by position or by name. */
export function applyFilter(
  name: string,
  value: Value,
  positional: Value[],
  named: Map<string, Value>,
  surroundings: Surroundings,
): Value {
  if (Object.hasOwn(OVER_ITEMS, name)) return OVER_ITEMS[name]!(value, positional, named, surroundings)
  const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name]! : undefined
  if (!filter)
    throw new JinjaError(UNSUPPORTED.includes(name) ? `the filter '${name}' is not supported` : `No filter named '${name}'.`)
  if (positional.length > filter.names.length)
    throw new JinjaError(`the filter '${name}' takes at most ${filter.names.length} arguments`)
  const given: Given = Object.fromEntries(positional.map((argument, index) => [filter.names[index]!, argument]))
  for (const [key, argument] of named) {
    if (!filter.names.includes(key)) throw new JinjaError(`the filter '${name}' got an unexpected keyword argument '${key}'`)
    given[key] = argument
  }
  return filter.apply(value, given, surroundings)
}

const filter = (names: string, apply: Filter['apply']): Filter => ({ names: names === '' ? [] : names.split(' '), apply })

function number(value: Value | undefined, otherwise: number): number {
  if (value === undefined) return otherwise
  if (!isNumber(value)) throw new JinjaError(`expected a number, found '${typeName(value)}'`)
  return Number(value)
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

/** `a.b.0`: keys in a row, of which whole numbers are indexes. */
function attributeOf(item: Value, path: Value, { item: read }: Surroundings): Value {
  if (!isText(path)) return read(item, path)
  return toText(path)
    .split('.')
    .reduce<Value>((at, key) => read(at, /^\d+$/.test(key) ? BigInt(key) : key), item)
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

/** As Python's json writes it with sorted keys, and nothing in it that HTML would take for its own. */
function toJson(value: Value, indent: number | null, budget: Budget): string {
  const write = (at: Value, margin: string): string => {
    budget.step()
    if (isText(at))
      return JSON.stringify(toText(at)).replace(
        /[\x7f-\uffff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      )
    if (at === null || typeof at === 'boolean') return String(at)
    if (typeof at === 'number' && !Number.isFinite(at)) return Number.isNaN(at) ? 'NaN' : at > 0 ? 'Infinity' : '-Infinity'
    if (isNumber(at)) return toText(at)
    const inner = margin + ' '.repeat(indent ?? 0)
    const enclose = (open: string, parts: string[], close: string) => {
      if (parts.length === 0) return open + close
      return indent === null
        ? `${open}${parts.join(', ')}${close}`
        : `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${margin}${close}`
    }
    if (at instanceof Map) {
      const entries = [...at].sort(([a], [b]) => compareValues(a, b))
      return enclose(
        '{',
        entries.map(([key, item]) => `${write(key, inner)}: ${write(item, inner)}`),
        '}',
      )
    }
    if (Array.isArray(at) || (at instanceof Sequence && at.kind === 'tuple')) {
      return enclose(
        '[',
        itemsOf(at).map((item) => write(item, inner)),
        ']',
      )
    }
    throw new JinjaError(`Object of type ${typeName(at)} is not JSON serializable`)
  }
  const text = write(value, '')
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
    .replaceAll("'", '\\u0027')
  budget.size(text.length)
  return text
}

function truncate(text: string, { length, killwords = false, end = '...', leeway = 5n }: Given): string {
  const [most, tail] = [number(length, 255), toText(end)]
  const characters = [...text]
  if (most < [...tail].length) throw new JinjaError(`expected length >= ${[...tail].length}, got ${most}`)
  if (characters.length <= most + number(leeway, 5)) return text
  const head = characters.slice(0, most - [...tail].length).join('')
  const blank = isTrue(killwords) ? -1 : head.lastIndexOf(' ')
  return (blank < 0 ? head : head.slice(0, blank)) + tail
}

function indentText(text: string, { width = 4n, first = false, blank = false }: Given, budget: Budget): string {
  const margin = isText(width) ? toText(width) : ' '.repeat(Math.min(number(width, 4), 10_000))
  const lines = text.split(LINE_BREAK)
  budget.size(text.length + lines.length * margin.length)
  return lines
    .map((line, index) => ((index === 0 ? isTrue(first) : line !== '' || isTrue(blank)) ? margin + line : line))
    .join('\n')
}

function urlEncode(value: Value): string {
  const quote = (part: Value, isWhole: boolean) => {
    const quoted = encodeURIComponent(toText(part)).replace(
      /[!'()*]/g,
      (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
    )
    return isWhole ? quoted.replaceAll('%2F', '/') : quoted.replaceAll('%20', '+')
  }
  if (isText(value) || isNumber(value)) return quote(value, true)
  if (!(value instanceof Map)) throw new JinjaError('pairs are not supported')
  return [...value].map(([key, item]) => `${quote(key, false)}=${quote(item, false)}`).join('&')
}

const orDefault: Filter['apply'] = (value, { default_value: otherwise = '', boolean = false }) =>
  value instanceof Undefined || (isTrue(boolean) && !isTrue(value)) ? otherwise : value

const FILTERS: Record<string, Filter> = {
  abs: filter('', (value) => {
    if (!isNumber(value)) throw new JinjaError(`bad operand type for abs(): '${typeName(value)}'`)
    const integer = integerOf(value)
    return integer === null ? Math.abs(value as number) : integer < 0n ? -integer : integer
  }),
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
  capitalize: filter('', (value) => capitalize(toText(value))),
  center: filter('width', (value, { width }, { budget }) => {
    const text = toText(value)
    const space = Math.max(number(width, 80) - [...text].length, 0)
    budget.size(space)
    // Python puts the odd blank to the left when the width is odd.
    const left = Math.floor(space / 2) + (space % 2 === 1 && number(width, 80) % 2 === 1 ? 1 : 0)
    return ' '.repeat(left) + text + ' '.repeat(space - left)
  }),
  count: filter('', lengthOf),
  d: filter('default_value boolean', orDefault),
  default: filter('default_value boolean', orDefault),
  dictsort: filter('case_sensitive by reverse', (value, given, surroundings) => {
    if (!(value instanceof Map)) throw new JinjaError(`'${typeName(value)}' object has no attribute 'items'`)
    const entries = [...value].map((entry) => new Sequence('tuple', entry))
    const key = keyOf({ case_sensitive: given.case_sensitive }, surroundings)
    const place = given.by === 'value' ? 1 : 0
    return sorted(entries, (entry) => key((entry as Sequence).items[place]!), isTrue(given.reverse ?? false), surroundings)
  }),
  e: filter('', (value) => (value instanceof Markup ? value : new Markup(escapeHtml(toText(value))))),
  escape: filter('', (value) => (value instanceof Markup ? value : new Markup(escapeHtml(toText(value))))),
  first: filter(
    '',
    (value) => itemsOf(value)[0] ?? (itemsOf(value).length > 0 ? null : new Undefined('No first item, sequence was empty.')),
  ),
  float: filter('default', toFloat),
  forceescape: filter('', (value) => new Markup(escapeHtml(toText(value)))),
  indent: filter('width first blank', (value, given, { budget }) => indentText(toText(value), given, budget)),
  int: filter('default base', toInteger),
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
  lower: filter('', (value) => toText(value).toLowerCase()),
  max: filter('case_sensitive attribute', (value, given, surroundings) => best(value, given, surroundings, (order) => order > 0)),
  min: filter('case_sensitive attribute', (value, given, surroundings) => best(value, given, surroundings, (order) => order < 0)),
  replace: filter('old new count', (value, { old = '', new: to = '', count }, { budget }) =>
    replaceText(toText(value), toText(old), toText(to), count === undefined || count === null ? -1 : number(count, -1), budget),
  ),
  reverse: filter('', (value) =>
    isText(value) ? [...toText(value)].reverse().join('') : new Sequence('generator', itemsOf(value).toReversed()),
  ),
  round: filter('precision method', round),
  safe: filter('', (value) => new Markup(toText(value))),
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
  string: filter('', (value) => (value instanceof Markup ? value : toText(value))),
  sum: filter('attribute start', (value, { attribute, start = 0n }, surroundings) =>
    itemsOf(value).reduce((sum, item) => {
      const added = attribute === undefined || attribute === null ? item : attributeOf(item, attribute, surroundings)
      return calculate('+', sum, added, surroundings.budget)
    }, start),
  ),
  title: filter('', (value) =>
    toText(value)
      .split(/([-\s({[<]+)/)
      .map((part) => capitalize(part))
      .join(''),
  ),
  tojson: filter('indent', (value, { indent }, { budget }) => {
    const width = indent === undefined || indent === null ? null : Math.min(number(indent, 0), 100)
    return new Markup(toJson(value, width, budget))
  }),
  trim: filter('chars', (value, { chars = null }) => strip(toText(value), [chars])),
  truncate: filter('length killwords end leeway', (value, given) => truncate(toText(value), given)),
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
  upper: filter('', (value) => toText(value).toUpperCase()),
  urlencode: filter('', urlEncode),
  wordcount: filter('', (value) => BigInt(toText(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0)),
}

type OverItems = (value: Value, positional: Value[], named: Map<string, Value>, surroundings: Surroundings) => Value

function selecting(isByAttribute: boolean, isWanted: boolean): OverItems {
  return (value, positional, named, surroundings) => {
    if (named.size > 0) throw new JinjaError('named arguments are not supported here')
    const [attribute, ...rest] = isByAttribute ? positional : [null, ...positional]
    if (attribute === undefined) throw new JinjaError('Missing parameter for attribute name')
    const [test, ...given] = rest
    const kept = itemsOf(value).filter((item) => {
      surroundings.budget.step()
      const asked = attribute === null ? item : attributeOf(item, attribute, surroundings)
      return (test === undefined ? isTrue(asked) : surroundings.test(toText(test), asked, given)) === isWanted
    })
    return new Sequence('generator', kept)
  }
}

const OVER_ITEMS: Record<string, OverItems> = {
  map: (value, positional, named, surroundings) => {
    const attribute = named.get('attribute')
    const [name, ...given] = positional
    if (attribute === undefined && name === undefined) throw new JinjaError('map requires a filter argument')
    const change = (item: Value): Value => {
      surroundings.budget.step()
      if (attribute === undefined) return surroundings.filter(toText(name!), item, given, named)
      const found = attributeOf(item, attribute, surroundings)
      return found instanceof Undefined && named.has('default') ? named.get('default')! : found
    }
    return new Sequence('generator', itemsOf(value).map(change))
  },
  select: selecting(false, true),
  reject: selecting(false, false),
  selectattr: selecting(true, true),
  rejectattr: selecting(true, false),
}

/** Filters of Jinja, and of the extension that a genuine Prefect loads, that do not exist here. */
const UNSUPPORTED =
  'attr filesizeformat format groupby pprint random striptags urlize wordwrap xmlattr humanize_naturalday humanize_naturaldelta humanize_naturaltime humanize_intcomma humanize_intword humanize_naturalsize humanize_ordinal humanize_apnumber humanize_fractional humanize_scientific humanize_metric humanize_precisedelta humanize_naturaldate'.split(
    ' ',
  )
