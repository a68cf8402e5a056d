import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import type { TemplateFinding } from '../resources/work-pool.ts'
import { FindingList, kindOf } from './lint-finding.ts'
import { lintPlaceholders } from './lint-placeholders.ts'
import { type CheckRunner, lintSchema } from './lint-schema.ts'
import { joinPointer } from './placeholders.ts'

const runDirectly: CheckRunner = (check) => check()

/** The fields that jobs of all types have, and what a literal there must be. */
const BASE_FIELDS: Record<string, { expected: string; holds: (value: JsonValue) => boolean }> = {
  name: { expected: 'text', holds: isTextOrNull },
  command: { expected: 'text', holds: isTextOrNull },
  env: { expected: 'a mapping or a placeholder', holds: (value) => isJsonObject(value) || isTextOrNull(value) },
  labels: { expected: 'a mapping or a placeholder', holds: (value) => isJsonObject(value) || isTextOrNull(value) },
}

/**
 * Says all that is wrong with a base job template, by JSON pointers into it. `error` is what a genuine server refuses too,
 * `warning` what it keeps in silence: there a misspelt variable just vanishes from the job. The empty template is right: a
 * worker fills it in.
 */
export function lintTemplate(template: JsonObject, runCheck: CheckRunner = runDirectly): TemplateFinding[] {
  const { job_configuration: job, variables } = template
  const properties = isJsonObject(variables) && isJsonObject(variables.properties) ? variables.properties : {}
  const list = new FindingList(Object.keys(properties))
  if (Object.keys(template).length === 0) return []
  lintSections(template, list)
  const referenced = isJsonObject(job) ? lintPlaceholders(job, properties, list) : null
  if (isJsonObject(variables)) lintSchema(variables, list, runCheck)
  if (referenced) lintUse(properties, variables as JsonObject, referenced, list)
  return list.findings
}

function lintSections(template: JsonObject, list: FindingList): void {
  for (const [section, expected] of [
    ['job_configuration', 'a mapping: what is created for a run'],
    ['variables', 'a JSON Schema: what may be set'],
  ] as const) {
    const value = template[section]
    if (value === undefined) list.error('section-missing', '', `The template has no ${section}; expected ${expected}.`)
    else if (!isJsonObject(value)) {
      list.error('section-ill-typed', `/${section}`, `${section} is ${kindOf(value)}; expected ${expected}.`)
    } else if (Object.keys(value).length === 0) {
      list.error('section-missing', `/${section}`, `${section} is empty; expected ${expected}.`)
    }
  }
  for (const section of Object.keys(template)) {
    if (section === 'job_configuration' || section === 'variables') continue
    list.warning(
      'section-unknown',
      joinPointer('', section),
      `A template has job_configuration and variables; nothing reads ${section}.`,
    )
  }
  const job = isJsonObject(template.job_configuration) ? template.job_configuration : {}
  for (const [field, { expected, holds }] of Object.entries(BASE_FIELDS)) {
    if (!Object.hasOwn(job, field) || holds(job[field]!)) continue
    const pointer = `/job_configuration/${field}`
    list.warning('section-ill-typed', pointer, `${field} is ${kindOf(job[field]!)}; every type expects ${expected}.`)
  }
}

/** Variables that are declared and not used, and variables that must be set and cannot. */
function lintUse(properties: JsonObject, variables: JsonObject | undefined, referenced: Set<string>, list: FindingList): void {
  const required = new Set(isJsonObject(variables) && Array.isArray(variables.required) ? variables.required : [])
  for (const [name, property] of Object.entries(properties)) {
    const pointer = joinPointer('/variables/properties', name)
    if (!referenced.has(name)) {
      const demand = required.has(name) ? ' It is required as well, so every deployment must set it in vain.' : ''
      list.warning(
        'variable-unreferenced',
        pointer,
        `Nothing in job_configuration uses {{ ${name} }}, so to set ${name} has no effect.${demand}`,
      )
    }
    if (required.has(name) && admitsNothing(property)) {
      list.warning('variable-unsettable', pointer, `${name} is required, and its schema admits no value at all.`)
    }
  }
  for (const name of required) {
    if (typeof name !== 'string' || Object.hasOwn(properties, name)) continue
    list.warning(
      'variable-unsettable',
      '/variables/required',
      `${name} is required and not declared: whoever sets it cannot know, and nothing uses it.`,
      list.nearest(name),
    )
  }
}

function admitsNothing(schema: JsonValue): boolean {
  if (!isJsonObject(schema)) return schema === false
  const isEmpty = (value: JsonValue | undefined) => Array.isArray(value) && value.length === 0
  const { not } = schema
  return isEmpty(schema.enum) || isEmpty(schema.type) || not === true || (isJsonObject(not) && Object.keys(not).length === 0)
}

function isTextOrNull(value: JsonValue): boolean {
  return value === null || typeof value === 'string'
}
