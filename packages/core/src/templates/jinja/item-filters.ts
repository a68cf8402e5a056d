import { attributeOf, type Surroundings } from './filter.ts'
import { JinjaError } from './tokens.ts'
import { isTrue, itemsOf, Sequence, toText, Undefined, type Value } from './values.ts'

type ItemFilter = (value: Value, positional: Value[], named: Map<string, Value>, surroundings: Surroundings) => Value

function selecting(isByAttribute: boolean, isWanted: boolean): ItemFilter {
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

/** Filters that apply another filter, or a test, to each item. Their arguments are mostly those of the other. */
export const ITEM_FILTERS: Record<string, ItemFilter> = {
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
