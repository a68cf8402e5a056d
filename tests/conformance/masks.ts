import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Json, Row } from './api.ts'

/** What is hidden of rows before they are compared: the rules of masks.txt. */
export type Masks = {
  hidesLog: (name: string) => boolean
  hidesEvent: (name: string) => boolean
  maskRow: (kind: string, row: Row) => Row
  maskText: (text: string) => string
}

/**
 * Reads masks.txt. The rules for our worker apply only where it stands against a genuine one. `names` are those of the
 * runs that are told: what is drawn at random among them is hidden wherever it occurs.
 */
export function readMasks({ ourWorker, names: all }: { ourWorker: boolean; names: string[] }): Masks {
  const rules = readRules().filter((rule) => ourWorker || !rule.forOurWorker)
  const named = (kind: string) => rules.filter((rule) => rule.kind === kind).map((rule) => rule.what)
  const [values, logs, events] = [named('value'), named('log'), named('event')]
  const [fields, unordered, empty] = [new Set(named('field')), new Set(named('order')), new Set(named('empty'))]
  const names = values.includes('random-name') ? all.filter((name) => /^[a-z]+-[a-z]+$/.test(name)) : []
  const patterns = values
    .filter((name) => name !== 'random-name')
    .map((name) => {
      if (!PATTERNS[name]) throw new Error(`masks.txt: there is no value "${name}"`)
      return PATTERNS[name]
    })
  const drawn = new RegExp(`\\b(${names.join('|')})\\b`, 'g')
  const maskText = (text: string) => {
    // Names first: one like gentle-bee reads as the key of a task.
    const named = names.length > 0 ? text.replace(drawn, '<random-name>') : text
    return patterns.reduce((masked, mask) => mask(masked), named)
  }
  const maskValue = (path: string, value: Json): Json => {
    if (empty.has(path) && isEmpty(value)) return '<empty>'
    if (fields.has(path)) return value === null ? null : '<masked>'
    if (typeof value === 'string') return maskText(value)
    if (Array.isArray(value)) {
      const items = value.map((item) => maskValue('', item))
      return unordered.has(path) ? items.sort() : items
    }
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [maskText(key), maskValue(`${path}.${key}`, item)]))
  }
  return {
    hidesLog: (name) => logs.includes(name),
    hidesEvent: (name) => events.some((prefix) => name === prefix || name.startsWith(`${prefix}.`)),
    maskText,
    maskRow: (kind, row) => maskValue(kind, row) as Row,
  }
}

function isEmpty(value: Json): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0)
}

type Rule = { forOurWorker: boolean; kind: string; what: string }

function readRules(): Rule[] {
  const text = readFileSync(fileURLToPath(new URL('./masks.txt', import.meta.url)), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [rule, reason] = line.split(' # ')
      const words = rule!.trim().split(' ')
      const forOurWorker = words[0] === 'our-worker'
      const [kind, what] = forOurWorker ? words.slice(1) : words
      if (!reason || !kind || !what) throw new Error(`masks.txt: not "kind what # reason": ${line}`)
      return { forOurWorker, kind, what }
    })
}

const PATTERNS: Record<string, (text: string) => string> = {
  uuid: (text) => text.replace(/\b[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\b/g, '<uuid>'),
  container: (text) => text.replace(/\b[0-9a-f]{64}\b/g, '<container>'),
  time: (text) =>
    text.replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?|\b\d\d:\d\d:\d\d\.\d{3}\b/g, '<time>'),
  url: (text) => text.replace(/https?:\/\/[\w.:/-]+/g, '<url>'),
  path: (text) => text.replace(/(\/[\w.@+-]+){2,}/g, '<path>'),
  'task-key': (text) => text.replace(/^([a-z_]+)-[0-9a-f]{3}$/, '$1-<key>').replace(/'([a-z_]+)-[0-9a-f]{3}'/g, "'$1-<key>'"),
}
