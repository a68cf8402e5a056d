import { JinjaError } from './tokens.ts'
import { Callable, type Dict, integerOf, Namespace, Sequence, typeName, Undefined, type Value } from './values.ts'

const MOST_RANGE = 100

/** What a name means that nobody gave a value. */
export function findGlobal(name: string): Value {
  if (name === 'range') return new Callable((given) => range(given))
  if (name === 'namespace' || name === 'dict') {
    return new Callable((given, named) => {
      const [from] = given
      if (given.length > 1 || (from !== undefined && !(from instanceof Map))) throw new JinjaError(`${name}() takes a mapping`)
      const entries: Dict = new Map([...(from ?? []), ...named])
      if (name === 'dict') return entries
      const made = new Namespace()
      for (const [key, value] of entries) made.fields.set(key, value)
      return made
    })
  }
  if (['lipsum', 'cycler', 'joiner', 'self', 'caller'].includes(name)) throw new JinjaError(`'${name}' is not supported`)
  return new Undefined(`'${name}' is undefined`)
}

function range(given: Value[]): Sequence {
  const numbers = given.map((each) => {
    const integer = integerOf(each)
    if (integer === null) throw new JinjaError(`'${typeName(each)}' object cannot be interpreted as an integer`)
    return integer
  })
  if (numbers.length < 1 || numbers.length > 3) throw new JinjaError('range expected 1 to 3 arguments')
  const [start, stop, step] = numbers.length === 1 ? [0n, numbers[0]!, 1n] : [numbers[0]!, numbers[1]!, numbers[2] ?? 1n]
  if (step === 0n) throw new JinjaError('range() arg 3 must not be zero')
  const items: bigint[] = []
  for (let at = start; step > 0n ? at < stop : at > stop; at += step) {
    items.push(at)
    if (items.length > MOST_RANGE) {
      throw new JinjaError(`Range too big. The sandbox blocks ranges larger than MAX_TEMPLATE_RANGE=${MOST_RANGE}.`)
    }
  }
  return new Sequence(`range(${[start, stop, ...(step === 1n ? [] : [step])].join(', ')})`, items)
}
