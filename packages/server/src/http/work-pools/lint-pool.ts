import { setImmediate } from 'node:timers/promises'
import type { JsonObject, JsonValue } from '@aedile/core/json'
import type { TemplateFinding } from '@aedile/core/resources/work-pool'
import { lintTemplate } from '@aedile/core/templates/lint'
import type { WorkPoolTable } from '../../store/tables.ts'
import { runInTime } from '../../validation/find-failure-in-time.ts'
import { RequestInvalid } from '../validation.ts'

/** @throws RequestInvalid with every finding, its pointer and the nearest name, when the template is not clean. */
export function refuseFindings(template: JsonObject, requestBody: unknown): void {
  const findings = lintTemplate(template, runInTime)
  if (findings.length === 0) return
  const errors = findings.map(({ code, severity, pointer, message, nearest }) => {
    const path = pointer.split('/').slice(1).map(unescapeKey)
    return {
      type: 'template_lint',
      loc: ['body', 'base_job_template', ...path],
      msg: message,
      input: valueAt(template, path),
      ctx: { code, severity, pointer, nearest },
    }
  })
  throw new RequestInvalid(errors, requestBody)
}

type Row = Pick<WorkPoolTable, 'id' | 'base_job_template'>

/**
 * What lint says of pools as they are stored, by pool id. It is computed when it is read, not kept in a column: so it is
 * also there for templates that an earlier version saved, and says what this version knows. A template is read once.
 */
export async function findPoolWarnings(rows: readonly Row[]): Promise<Map<string, TemplateFinding[]>> {
  const found = new Map<string, TemplateFinding[]>()
  for (const row of rows) {
    const known = read.get(row.id)
    const isKnown = known?.text === row.base_job_template
    // A template takes some milliseconds, and a list may have many: other requests get their turn between two.
    if (!isKnown && found.size > 0) await setImmediate()
    const warnings = isKnown ? known.warnings : lintTemplate(JSON.parse(row.base_job_template), runInTime).slice(0, MOST_SHOWN)
    remember(row, warnings)
    found.set(row.id, warnings)
  }
  return found
}

/** A pool with more than this many faults needs no list to be looked at. */
const MOST_SHOWN = 200

/** By id and text: a pure function's memory, so it may be shared by work spaces. The least recently used are forgotten. */
const read = new Map<string, { text: string; warnings: TemplateFinding[] }>()
const READ_LIMIT = 500

function remember({ id, base_job_template: text }: Row, warnings: TemplateFinding[]): void {
  read.delete(id)
  read.set(id, { text, warnings })
  if (read.size > READ_LIMIT) read.delete(read.keys().next().value!)
}

function unescapeKey(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~')
}

function valueAt(template: JsonObject, path: string[]): JsonValue {
  let at: JsonValue = template
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return null
    at = (at as JsonObject)[key]!
  }
  return at
}
