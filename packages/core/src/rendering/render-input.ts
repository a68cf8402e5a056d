import { AedileError } from '../errors.ts'
import type { WorkerFacts } from '../infrastructure-definition.ts'
import type { JsonObject } from '../json.ts'
import { findNearest } from '../nearest.ts'
import { dropNumberSources, isTemplateObject, pythonStr, type TemplateValue } from '../python-text.ts'
import type { Deployment } from '../resources/deployment.ts'
import type { Flow } from '../resources/flow.ts'
import type { FlowRun } from '../resources/flow-run.ts'
import type { WorkPool } from '../resources/work-pool.ts'
import type { JobLayers } from '../templates/layers.ts'
import { joinPointer } from '../templates/placeholders.ts'
import type { DocumentWarning } from './render-answer.ts'

type Values = { [key: string]: TemplateValue }

/** A render document, read: what `aedile render` takes, in the words of the code. */
export type RenderDocument = {
  type: string
  template: 'default' | 'extended' | TemplateValue
  layers: JobLayers
  flow: Flow | null
  flowRun: FlowRun
  deployment: Deployment | null
  workPool: WorkPool | null
  worker: WorkerFacts
  blocks: { id?: TemplateValue; type: TemplateValue; name: TemplateValue; data: Values }[]
  variables: Values
  /** Facts of the target over the assumed ones; null when the document names none. */
  facts: JsonObject | null
  /** Keys that nothing reads. */
  warnings: DocumentWarning[]
}

/** The keys of a document, and of its parts whose keys are ours. All else is the user's or the API's. */
const KEYS = [
  'type',
  'base_job_template',
  'flow',
  'flow_run',
  'deployment',
  'work_pool',
  'worker',
  'blocks',
  'variables',
  'facts',
]
const WORKER_KEYS = ['name', 'id', 'settings', 'process_environment', 'platform']
const BLOCK_KEYS = ['id', 'type', 'name', 'data']

/**
 * Reads a render document. Resources are taken as the API gives them; only what rendering needs of them is checked.
 * @throws AedileError `render_input_invalid` with a JSON pointer.
 */
export function parseRenderDocument(value: TemplateValue): RenderDocument {
  if (!isTemplateObject(value)) throw invalid('/', 'a render document (a mapping)', value)
  const flowRun = mapping(value, 'flow_run')
  if (flowRun === null) throw invalid('/flow_run', 'a flow run', value.flow_run)
  text(flowRun.id, '/flow_run/id')
  text(flowRun.name, '/flow_run/name')
  checkTexts(flowRun, '/flow_run', ['flow_id', 'deployment_id'])
  const deployment = mapping(value, 'deployment')
  checkTexts(deployment, '/deployment', ['id', 'name', 'entrypoint', 'updated'])
  const flow = mapping(value, 'flow')
  checkTexts(flow, '/flow', ['id', 'name'])
  const workPool = mapping(value, 'work_pool')
  checkTexts(workPool, '/work_pool', ['id', 'name'])
  const worker = mapping(value, 'worker') ?? {}
  const blocks = readBlocks(value)
  return {
    type: text(value.type, '/type'),
    template: readTemplate(value.base_job_template),
    layers: {
      deployment: deployment ? mapping(deployment, 'job_variables', '/deployment') : null,
      flowRun: mapping(flowRun, 'job_variables', '/flow_run'),
    },
    // Templates of names read any of their fields as Python would print it, so numbers keep their text.
    flow: flow as Flow | null,
    flowRun: flowRun as unknown as FlowRun,
    deployment: plain<Deployment>(deployment),
    workPool: plain<WorkPool>(workPool),
    worker: readWorker(worker),
    blocks,
    variables: mapping(value, 'variables') ?? {},
    facts: plain<JsonObject>(mapping(value, 'facts')),
    warnings: [
      ...findUnknownKeys(value, '', KEYS),
      ...findUnknownKeys(worker, '/worker', WORKER_KEYS),
      ...((value.blocks as Values[] | null | undefined) ?? []).flatMap((block, index) =>
        findUnknownKeys(block, `/blocks/${index}`, BLOCK_KEYS),
      ),
    ],
  }
}

function readTemplate(template: TemplateValue | undefined): TemplateValue {
  if (template === 'default' || template === 'extended' || isTemplateObject(template)) return template
  throw invalid('/base_job_template', 'a base job template, "default" or "extended"', template)
}

function readWorker(worker: Values): WorkerFacts {
  checkTexts(worker, '/worker', ['name', 'id', 'platform'])
  const processEnvironment = strings(worker, 'process_environment')
  return {
    name: (worker.name ?? '') as string,
    id: (worker.id ?? null) as string | null,
    settings: strings(worker, 'settings'),
    processEnvironment,
    executeCommand: ['aedile-execute'],
    python: processEnvironment.AEDILE_PYTHON || 'python3',
    ...(typeof worker.platform === 'string' ? { platform: worker.platform } : {}),
  }
}

/** Scalars of any kind, as the text that Python makes of them. Null is no value. */
function strings(worker: Values, key: string): Record<string, string> {
  const entries = Object.entries(mapping(worker, key, '/worker') ?? {}).filter(([, value]) => value !== null)
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (isTemplateObject(value) || Array.isArray(value))
        throw invalid(joinPointer(`/worker/${key}`, name), 'text, a number or a boolean', value)
      return [name, pythonStr(value)]
    }),
  )
}

function readBlocks(document: Values): RenderDocument['blocks'] {
  const blocks = document.blocks ?? []
  if (!Array.isArray(blocks)) throw invalid('/blocks', 'a list', blocks)
  return blocks.map((block, index) => {
    const at = `/blocks/${index}`
    if (!isTemplateObject(block)) throw invalid(at, 'a mapping', block)
    const { id, type, name } = block
    const data = mapping(block, 'data', at) ?? {}
    return { ...(id === undefined ? {} : { id }), type: text(type, `${at}/type`), name: text(name, `${at}/name`), data }
  })
}

function mapping(parent: Values, key: string, above = ''): Values | null {
  const value = Object.hasOwn(parent, key) ? parent[key] : null
  if (value === null || value === undefined) return null
  if (isTemplateObject(value)) return value
  throw invalid(`${above}/${key}`, 'a mapping or null', value)
}

function text(value: TemplateValue | undefined, pointer: string): string {
  if (typeof value === 'string') return value
  throw invalid(pointer, 'text', value)
}

function checkTexts(values: Values | null, above: string, keys: readonly string[]): void {
  for (const key of keys) {
    const value = values?.[key] ?? null
    if (value !== null && typeof value !== 'string') throw invalid(`${above}/${key}`, 'text or null', value)
  }
}

function findUnknownKeys(values: Values, above: string, known: readonly string[]): DocumentWarning[] {
  const unknown = Object.keys(values).filter((key) => !known.includes(key))
  return unknown.map((key) => {
    const nearest = findNearest(key, known)
    const message = `Nothing reads the key ${key} here.${nearest ? ` Did you mean ${nearest}?` : ''}`
    return { kind: 'unknown-key', pointer: joinPointer(above, key), message }
  })
}

function plain<Resource>(value: Values | null): Resource | null {
  return value === null ? null : (dropNumberSources(value) as Resource)
}

/** Longer values are cut: a document may be large. */
const SHOWN_CHARACTERS = 200

function invalid(pointer: string, expected: string, value: TemplateValue | undefined): AedileError {
  const json = value === undefined ? 'nothing' : JSON.stringify(value)
  const found = json.length > SHOWN_CHARACTERS ? `${json.slice(0, SHOWN_CHARACTERS)}…` : json
  return new AedileError('render_input_invalid', { pointer, expected, found })
}
