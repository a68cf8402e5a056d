import { isEqual } from './operators.ts'
import { JinjaError } from './tokens.ts'
import { Callable, type Dict, Undefined, type Value } from './values.ts'

/** What a loop's body knows as `loop`. `changes` is shared by all turns of the loop. */
export function loopFacts(items: Value[], index: number, changes: { last: Value[] | null }): Dict {
  const facts: Dict = new Map<string, Value>([
    ['index', BigInt(index + 1)],
    ['index0', BigInt(index)],
    ['revindex', BigInt(items.length - index)],
    ['revindex0', BigInt(items.length - index - 1)],
    ['first', index === 0],
    ['last', index === items.length - 1],
    ['length', BigInt(items.length)],
    ['depth', 1n],
    ['depth0', 0n],
    ['previtem', items[index - 1] ?? (index > 0 ? null : new Undefined('there is no previous item'))],
    ['nextitem', items[index + 1] ?? (index < items.length - 1 ? null : new Undefined('there is no next item'))],
  ])
  facts.set(
    'cycle',
    new Callable((given) => {
      if (given.length === 0) throw new JinjaError('no items for cycling given')
      return given[index % given.length]!
    }),
  )
  facts.set(
    'changed',
    new Callable((given) => {
      const isChanged = changes.last === null || !isEqual(changes.last, given)
      changes.last = given
      return isChanged
    }),
  )
  return facts
}
