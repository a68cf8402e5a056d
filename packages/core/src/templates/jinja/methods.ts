import type { Budget } from './budget.ts'
import { isEqual, isText } from './operators.ts'
import { JinjaError } from './tokens.ts'
import { Callable, type Dict, integerOf, itemsOf, Sequence, toText, typeName, Undefined, type Value } from './values.ts'

type Method<Self> = (self: Self, given: Value[], budget: Budget) => Value

/** The methods that a value of Python has and that change nothing. Everything else of it cannot be reached. */
export function findMethod(value: Value, name: string, budget: Budget): Callable | undefined {
  const bind = <Self extends Value>(methods: Record<string, Method<Self>>, self: Self): Callable | undefined => {
    const method = Object.hasOwn(methods, name) ? methods[name]! : undefined
    return (
      method &&
      new Callable((given, named) => {
        if (named.size > 0) throw new JinjaError(`named arguments of the method '${name}' are not supported`)
        return method(self, given, budget)
      })
    )
  }
  if (isText(value)) return bind(TEXT_METHODS, toText(value)) ?? refuse(name, REFUSED_OF_TEXT, 'str')
  if (value instanceof Map) return bind(DICT_METHODS, value) ?? refuse(name, REFUSED_OF_DICT, 'dict')
  if (Array.isArray(value) || (value instanceof Sequence && value.kind === 'tuple')) {
    return bind(LIST_METHODS, itemsOf(value)) ?? refuse(name, REFUSED_OF_LIST, 'list')
  }
  return undefined
}

/** A method that exists in Python: to take it for a missing name would print nothing instead of what its author meant. */
function refuse(name: string, refused: string[], type: string): Callable | undefined {
  if (!refused.includes(name)) return undefined
  return new Callable(() => {
    throw new JinjaError(`the method '${name}' of '${type}' objects is not supported`)
  })
}

const text = (given: Value[], at: number, otherwise?: string): string => {
  const value = given[at]
  if (value === undefined && otherwise !== undefined) return otherwise
  if (value === undefined || !isText(value))
    throw new JinjaError(`expected str, found ${value === undefined ? 'nothing' : typeName(value)}`)
  return toText(value)
}
const count = (given: Value[], at: number, otherwise: number): number => {
  if (given[at] === undefined) return otherwise
  const value = integerOf(given[at])
  if (value === null) throw new JinjaError(`'${typeName(given[at])}' object cannot be interpreted as an integer`)
  return Number(value)
}

const BLANKS =
  ' \t\n\r\f\v\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000'

/** Where Python ends a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python ends lines at these too
export const LINE_BREAK: RegExp = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are blanks in Python
const BLANK: RegExp = /[\s\x1c-\x1f\x85]+/

/** Text without the given characters at its ends; without blanks, when none are given. */
export function strip(value: string, given: Value[], sides: 'both' | 'left' | 'right' = 'both'): string {
  const dropped = given[0] === undefined || given[0] === null ? BLANKS : text(given, 0)
  const characters = [...value]
  let [start, end] = [0, characters.length]
  if (sides !== 'right') while (start < end && dropped.includes(characters[start]!)) start += 1
  if (sides !== 'left') while (end > start && dropped.includes(characters[end - 1]!)) end -= 1
  return characters.slice(start, end).join('')
}

/** Python replaces at most so often; a negative number is no bound. */
export function replaceText(value: string, from: string, to: string, most: number, budget: Budget): string {
  const parts = value.split(from === '' ? /(?:)/u : from)
  const pieces = from === '' ? ['', ...parts, ''] : parts
  const times = most < 0 ? pieces.length - 1 : Math.min(most, pieces.length - 1)
  budget.size(value.length + times * to.length)
  const tail = pieces.slice(times).join(from)
  return times === 0 ? value : `${pieces.slice(0, times).join(to)}${to}${tail}`
}

/** First character in upper case, the rest in lower case. */
export function capitalize(value: string): string {
  const [first = '', ...rest] = [...value]
  return first.toUpperCase() + rest.join('').toLowerCase()
}

function split(value: string, given: Value[], fromRight: boolean, budget: Budget): Value {
  const most = count(given, 1, -1)
  budget.size(value.length)
  if (given[0] === undefined || given[0] === null) {
    if (most >= 0) throw new JinjaError('to split at blanks only so often is not supported')
    return value.split(BLANK).filter((part) => part !== '')
  }
  const separator = text(given, 0)
  if (separator === '') throw new JinjaError('empty separator')
  const parts = value.split(separator)
  if (most < 0 || parts.length <= most + 1) return parts
  return fromRight
    ? [parts.slice(0, parts.length - most).join(separator), ...parts.slice(parts.length - most)]
    : [...parts.slice(0, most), parts.slice(most).join(separator)]
}

const startsOrEnds = (given: Value[], matches: (part: string) => boolean): boolean => {
  if (given.length > 1) throw new JinjaError('a start or end is not supported')
  const parts = given[0] instanceof Sequence ? given[0].items : [given[0] as Value]
  return parts.some((part) => matches(text([part], 0)))
}

const TEXT_METHODS: Record<string, Method<string>> = {
  upper: (self) => self.toUpperCase(),
  lower: (self) => self.toLowerCase(),
  capitalize: (self) => capitalize(self),
  strip: (self, given) => strip(self, given),
  lstrip: (self, given) => strip(self, given, 'left'),
  rstrip: (self, given) => strip(self, given, 'right'),
  split: (self, given, budget) => split(self, given, false, budget),
  rsplit: (self, given, budget) => split(self, given, true, budget),
  splitlines: (self) => self.split(LINE_BREAK).filter((line, index, all) => line !== '' || index < all.length - 1),
  startswith: (self, given) => startsOrEnds(given, (part) => self.startsWith(part)),
  endswith: (self, given) => startsOrEnds(given, (part) => self.endsWith(part)),
  replace: (self, given, budget) => replaceText(self, text(given, 0), text(given, 1), count(given, 2, -1), budget),
  join: (self, given, budget) => {
    const parts = itemsOf(given[0] ?? new Undefined('nothing to join')).map((item) => text([item], 0))
    budget.size(parts.reduce((sum, part) => sum + part.length + self.length, 0))
    return parts.join(self)
  },
  find: (self, given) => {
    const at = self.indexOf(text(given, 0))
    return BigInt(at < 0 ? -1 : [...self.slice(0, at)].length)
  },
  count: (self, given) => BigInt(text(given, 0) === '' ? [...self].length + 1 : self.split(text(given, 0)).length - 1),
  removeprefix: (self, given) => (self.startsWith(text(given, 0)) ? self.slice(text(given, 0).length) : self),
  removesuffix: (self, given) =>
    text(given, 0) !== '' && self.endsWith(text(given, 0)) ? self.slice(0, -text(given, 0).length) : self,
  isdigit: (self) => /^[\p{Nd}\p{No}]+$/u.test(self),
  isalpha: (self) => /^\p{L}+$/u.test(self),
  isalnum: (self) => /^[\p{L}\p{N}]+$/u.test(self),
}

const DICT_METHODS: Record<string, Method<Dict>> = {
  items: (self) =>
    new Sequence(
      'dict_items',
      [...self].map((entry) => new Sequence('tuple', entry)),
    ),
  keys: (self) => new Sequence('dict_keys', [...self.keys()]),
  values: (self) => new Sequence('dict_values', [...self.values()]),
  get: (self, given) => self.get(isText(given[0] ?? null) ? toText(given[0]!) : '\0') ?? given[1] ?? null,
  copy: (self) => new Map(self),
}

const LIST_METHODS: Record<string, Method<Value[]>> = {
  count: (self, given) => BigInt(self.filter((item) => isEqual(item, given[0]!)).length),
  index: (self, given) => {
    const at = self.findIndex((item) => isEqual(item, given[0]!))
    if (at < 0) throw new JinjaError('the value is not in the list')
    return BigInt(at)
  },
  copy: (self) => [...self],
}

const REFUSED_OF_TEXT =
  'title casefold center encode expandtabs format format_map index isascii isdecimal isidentifier islower isnumeric isprintable isspace istitle isupper ljust maketrans partition rfind rindex rjust rpartition swapcase translate zfill'.split(
    ' ',
  )
const REFUSED_OF_DICT = ['clear', 'fromkeys', 'pop', 'popitem', 'setdefault', 'update']
const REFUSED_OF_LIST = ['append', 'clear', 'extend', 'insert', 'pop', 'remove', 'reverse', 'sort']
