import type { Budget } from './budget.ts'
import { compareValues, isNumber, isText } from './operators.ts'
import { JinjaError } from './tokens.ts'
import { itemsOf, Sequence, toText, typeName, type Value } from './values.ts'

/** As Python's json writes it with sorted keys, and nothing in it that HTML would take for its own. */
export function writeJson(value: Value, indent: number | null, budget: Budget): string {
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
