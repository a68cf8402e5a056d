import { type Filter, filter, type Given, type Surroundings } from './filter.ts'
import { ITEM_FILTERS } from './item-filters.ts'
import { NUMBER_FILTERS } from './number-filters.ts'
import { SEQUENCE_FILTERS } from './sequence-filters.ts'
import { TEXT_FILTERS } from './text-filters.ts'
import { JinjaError } from './tokens.ts'
import { isTrue, Undefined, type Value } from './values.ts'

/** Applies a filter, with its arguments by position or by name. */
export function applyFilter(
  name: string,
  value: Value,
  positional: Value[],
  named: Map<string, Value>,
  surroundings: Surroundings,
): Value {
  if (Object.hasOwn(ITEM_FILTERS, name)) return ITEM_FILTERS[name]!(value, positional, named, surroundings)
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

const orDefault: Filter['apply'] = (value, { default_value: otherwise = '', boolean = false }) =>
  value instanceof Undefined || (isTrue(boolean) && !isTrue(value)) ? otherwise : value

const FILTERS: Record<string, Filter> = {
  ...NUMBER_FILTERS,
  ...SEQUENCE_FILTERS,
  ...TEXT_FILTERS,
  d: filter('default_value boolean', orDefault),
  default: filter('default_value boolean', orDefault),
}

/** Filters of Jinja, and of the extension that a genuine Prefect loads, that do not exist here. */
const UNSUPPORTED =
  'attr filesizeformat format groupby pprint random striptags urlize wordwrap xmlattr humanize_naturalday humanize_naturaldelta humanize_naturaltime humanize_intcomma humanize_intword humanize_naturalsize humanize_ordinal humanize_apnumber humanize_fractional humanize_scientific humanize_metric humanize_precisedelta humanize_naturaldate'.split(
    ' ',
  )
