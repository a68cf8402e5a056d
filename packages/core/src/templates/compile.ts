import { isTooDeep, MAXIMUM_DEPTH } from '../depth.ts'
import { AedileError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { createSchemaCheck, type SchemaCheck } from '../json-schema.ts'
import { dropNumberSources, isTemplateObject, isTruthy, setEntry, type TemplateValue } from '../python-text.ts'
import type { WorkPool } from '../resources/work-pool.ts'
import type { TracedValues } from './layers.ts'
import { OriginTree } from './origins.ts'
import { collectPlaceholders, joinPointer, type Placeholder, parseTemplate, type TemplateNode } from './placeholders.ts'
import { inspectReferences } from './references.ts'

type Values = { [key: string]: TemplateValue }
export type ObjectNode = Extract<TemplateNode, { kind: 'object' }>

/** A base job template, parsed, its defaults collected. */
export type CompiledTemplate = {
  /** job_configuration, the default of `env` merged in. */
  configuration: ObjectNode
  /** Where parts of `configuration` come from that are not the template's own. */
  origins: OriginTree
  /** Defaults of the variables; a default of null is none. */
  defaults: TracedValues
  /** JSON Schema of the variables. */
  schema: JsonObject
  /** The declared variables, by name. */
  properties: Values
  placeholders: Placeholder[]
  /** True when `env` of the configuration is a mapping, over which the variables' `env` is laid. */
  hasEnvironment: boolean
  /** False when nothing that the template itself brings can become a reference to a block or a variable. */
  mayRefer: boolean
  /** Checks variables against the schema. */
  checkVariables: SchemaCheck
}

/**
 * Parses a work pool's base job template.
 * @throws AedileError `template_invalid` for what is no template, with its place.
 */
export function compileTemplate(template: unknown): CompiledTemplate {
  if (!isTemplateObject(template)) throw invalid('', 'expected a mapping with job_configuration and variables')
  if (isTooDeep(template)) throw invalid('', `it is nested more than ${MAXIMUM_DEPTH} levels deep`)
  const schema = template.variables
  if (!isTemplateObject(template.job_configuration)) throw invalid('/job_configuration', 'expected a mapping')
  if (!isTemplateObject(schema)) throw invalid('/variables', 'expected a JSON Schema')
  const properties = schema.properties ?? {}
  if (!isTemplateObject(properties)) throw invalid('/variables/properties', 'expected a mapping')
  const defaults = collectDefaults(properties)
  const origins = new OriginTree()
  const own = parseTemplate(template.job_configuration, '/job_configuration') as ObjectNode
  const configuration = mergeDefaultEnvironment(own, defaults, origins)
  const plainSchema = dropNumberSources(schema) as JsonObject
  return {
    configuration,
    origins,
    defaults,
    schema: plainSchema,
    properties,
    placeholders: collectPlaceholders(configuration),
    hasEnvironment: findEntry(configuration, 'env')?.kind === 'object',
    mayRefer: mayRefer(configuration) || inspectReferences(defaults.values),
    checkVariables: createSchemaCheck(plainSchema, { allowNullWithDefault: true, ignoreRequired: true }),
  }
}

/**
 * Whether a node can become a reference: it has one, it reads the worker's environment, whose text is not known here, or it
 * has a brace of its own, which together with a value's text may make one.
 */
function mayRefer(node: TemplateNode): boolean {
  if (node.kind === 'object') return node.entries.some(([key, item]) => key === '$ref' || mayRefer(item))
  if (node.kind === 'list') return node.items.some(mayRefer)
  if (node.kind !== 'text') return typeof node.value === 'string' && node.value.includes('{{')
  return node.segments.some((segment) => (typeof segment === 'string' ? segment.includes('{') : segment.kind !== 'standard'))
}

function collectDefaults(properties: Values): TracedValues {
  const values: Values = {}
  const origins = new OriginTree()
  for (const [name, property] of Object.entries(properties)) {
    const pointer = joinPointer('/variables/properties', name)
    if (!isTemplateObject(property)) throw invalid(pointer, 'expected a JSON Schema')
    if (property.default === undefined || property.default === null) continue
    setEntry(values, name, property.default)
    origins.set(joinPointer('', name), { layer: 'default', path: joinPointer('', name) })
  }
  return { values, origins }
}

/** The default of `env` becomes part of the template: merged into its mapping, or in place of its placeholder. */
function mergeDefaultEnvironment(own: ObjectNode, { values }: TracedValues, origins: OriginTree): ObjectNode {
  const environment = values.env
  if (environment === undefined || !isTruthy(environment)) return own
  if (findEntry(own, 'env')?.kind === 'object') {
    const merged = overlayEnvironment(own, environment)
    for (const name of Object.keys(environment as Values)) {
      const path = joinPointer('/env', name)
      origins.set(path, { layer: 'default', path })
    }
    return merged
  }
  origins.set('/env', { layer: 'default', path: '/env' })
  return replaceEntry(own, 'env', parseTemplate(environment, '/variables/properties/env/default'))
}

/** Lays values over the template's `env` mapping, key by key. */
export function overlayEnvironment(node: ObjectNode, environment: TemplateValue): ObjectNode {
  if (!isTemplateObject(environment)) throw new AedileError('job_variable_invalid', { pointer: '/env', why: 'it is no mapping' })
  const own = findEntry(node, 'env') as ObjectNode
  const merged = new Map(own.entries)
  for (const [name, value] of Object.entries(environment)) {
    merged.set(name, parseTemplate(value, joinPointer('/env', name)))
  }
  return replaceEntry(node, 'env', { kind: 'object', entries: [...merged] })
}

/** The entry of a mapping's node. */
export function findEntry(node: ObjectNode, key: string): TemplateNode | undefined {
  return node.entries.find(([name]) => name === key)?.[1]
}

function replaceEntry(node: ObjectNode, key: string, value: TemplateNode): ObjectNode {
  const at = node.entries.findIndex(([name]) => name === key)
  return { kind: 'object', entries: node.entries.toSpliced(at < 0 ? node.entries.length : at, at < 0 ? 0 : 1, [key, value]) }
}

function invalid(pointer: string, why: string): AedileError {
  return new AedileError('template_invalid', { pointer: pointer || '/', why })
}

/** Keeps compiled templates, one per version of a work pool; the least recently used are forgotten. */
export class TemplateCache {
  readonly #limit: number
  readonly #compiled = new Map<string, CompiledTemplate>()

  constructor(limit = 100) {
    this.#limit = limit
  }

  /** The compiled template of this version of the pool. */
  of(pool: Pick<WorkPool, 'id' | 'updated' | 'base_job_template'>): CompiledTemplate {
    const key = `${pool.id} ${pool.updated}`
    const compiled = this.#compiled.get(key) ?? compileTemplate(pool.base_job_template)
    this.#compiled.delete(key)
    this.#compiled.set(key, compiled)
    if (this.#compiled.size > this.#limit) this.#compiled.delete(this.#compiled.keys().next().value!)
    return compiled
  }
}
