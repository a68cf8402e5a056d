import type { JsonValue } from '../json.ts'
import { createNearestFinder } from '../nearest.ts'
import type { TemplateFinding } from '../resources/work-pool.ts'

/** Collects what is wrong with a template, in the order in which it is found. */
export class FindingList {
  readonly findings: TemplateFinding[] = []
  /** The declared variable nearest to a name. */
  readonly nearest: (name: string) => string | null

  constructor(known: string[]) {
    this.nearest = createNearestFinder(known)
  }

  /** What a genuine server refuses too. */
  error(code: TemplateFinding['code'], pointer: string, message: string, nearest: string | null = null): void {
    this.#add('error', code, pointer, message, nearest)
  }

  /** What a genuine server keeps in silence, and its author surely did not mean. */
  warning(code: TemplateFinding['code'], pointer: string, message: string, nearest: string | null = null): void {
    this.#add('warning', code, pointer, message, nearest)
  }

  #add(
    severity: TemplateFinding['severity'],
    code: TemplateFinding['code'],
    pointer: string,
    message: string,
    nearest: string | null,
  ): void {
    const hint = nearest === null ? '' : ` Did you mean ${nearest}?`
    this.findings.push({ code, severity, pointer, message: message + hint, nearest })
  }
}

/** What a value is, in a sentence. */
export function kindOf(value: JsonValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  return typeof value === 'string' ? 'text' : `a ${typeof value}`
}
