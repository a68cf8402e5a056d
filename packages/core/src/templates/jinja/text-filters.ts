import type { Budget } from './budget.ts'
import { type Filter, filter, type Given, number } from './filter.ts'
import { capitalize, LINE_BREAK, replaceText, strip } from './methods.ts'
import { escapeHtml, isNumber, isText } from './operators.ts'
import { JinjaError } from './tokens.ts'
import { isTrue, Markup, toText, type Value } from './values.ts'
import { writeJson } from './write-json.ts'

/** Filters that make text. */
export const TEXT_FILTERS: Record<string, Filter> = {
  capitalize: filter('', (value) => capitalize(toText(value))),
  center: filter('width', (value, { width }, { budget }) => {
    const text = toText(value)
    const space = Math.max(number(width, 80) - [...text].length, 0)
    budget.size(space)
    // Python puts the odd blank to the left when the width is odd.
    const left = Math.floor(space / 2) + (space % 2 === 1 && number(width, 80) % 2 === 1 ? 1 : 0)
    return ' '.repeat(left) + text + ' '.repeat(space - left)
  }),
  e: filter('', (value) => (value instanceof Markup ? value : new Markup(escapeHtml(toText(value))))),
  escape: filter('', (value) => (value instanceof Markup ? value : new Markup(escapeHtml(toText(value))))),
  forceescape: filter('', (value) => new Markup(escapeHtml(toText(value)))),
  indent: filter('width first blank', (value, given, { budget }) => indentText(toText(value), given, budget)),
  lower: filter('', (value) => toText(value).toLowerCase()),
  replace: filter('old new count', (value, { old = '', new: to = '', count }, { budget }) =>
    replaceText(toText(value), toText(old), toText(to), count === undefined || count === null ? -1 : number(count, -1), budget),
  ),
  safe: filter('', (value) => new Markup(toText(value))),
  string: filter('', (value) => (value instanceof Markup ? value : toText(value))),
  title: filter('', (value) =>
    toText(value)
      .split(/([-\s({[<]+)/)
      .map((part) => capitalize(part))
      .join(''),
  ),
  tojson: filter('indent', (value, { indent }, { budget }) => {
    const width = indent === undefined || indent === null ? null : Math.min(number(indent, 0), 100)
    return new Markup(writeJson(value, width, budget))
  }),
  trim: filter('chars', (value, { chars = null }) => strip(toText(value), [chars])),
  truncate: filter('length killwords end leeway', (value, given) => truncate(toText(value), given)),
  upper: filter('', (value) => toText(value).toUpperCase()),
  urlencode: filter('', urlEncode),
  wordcount: filter('', (value) => BigInt(toText(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0)),
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
