import { AedileError } from '../errors.ts'
import type { WorkerFacts } from '../infrastructure-definition.ts'
import type { JsonObject } from '../json.ts'
import { dropNumberSources, isTemplateObject, pythonStr, type TemplateValue } from '../python-text.ts'
import type { Deployment } from '../resources/deployment.ts'
import type { Flow } from '../resources/flow.ts'
import type { FlowRun } from '../resources/flow-run.ts'
import type { WorkPool } from '../resources/work-pool.ts'
import type { JobLayers } from '../templates/layers.ts'

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
}

/**
 * Reads a render document. Resources are taken as the API gives them; only what rendering needs of them is checked.
 * @throws AedileError `render_input_invalid` with a JSON pointer.
 */
export function parseRenderDocument(value: TemplateValue): RenderDocument {
  if (!isTemplateObject(value)) throw invalid('/', 'a render document (a mapping)', value)
  const flowRun = mapping(value, 'flow_run') ?? {}
  if (typeof flowRun.id !== 'string') throw invalid('/flow_run/id', 'a UUID', flowRun.id)
  if (typeof flowRun.name !== 'string') throw invalid('/flow_run/name', 'text', flowRun.name)
  const deployment = mapping(value, 'deployment')
  return {
    type: text(value.type, '/type'),
    template: readTemplate(value.base_job_template),
    layers: {
      deployment: deployment ? mapping(deployment, 'job_variables', '/deployment') : null,
      flowRun: mapping(flowRun, 'job_variables', '/flow_run'),
    },
    flow: plain<Flow>(mapping(value, 'flow')),
    flowRun: plain<FlowRun>(flowRun)!,
    deployment: plain<Deployment>(deployment),
    workPool: plain<WorkPool>(mapping(value, 'work_pool')),
    worker: readWorker(mapping(value, 'worker') ?? {}),
    blocks: readBlocks(value.blocks ?? []),
    variables: mapping(value, 'variables') ?? {},
    facts: plain<JsonObject>(mapping(value, 'facts')),
  }
}

function readTemplate(template: TemplateValue | undefined): TemplateValue {
  if (template === 'default' || template === 'extended' || isTemplateObject(template)) return template
  throw invalid('/base_job_template', 'a base job template, "default" or "extended"', template)
}

function readWorker(worker: Values): WorkerFacts {
  const processEnvironment = strings(worker, 'process_environment')
  return {
    name: typeof worker.name === 'string' ? worker.name : '',
    id: typeof worker.id === 'string' ? worker.id : null,
    settings: strings(worker, 'settings'),
    processEnvironment,
    executeCommand: ['aedile-execute'],
    python: processEnvironment.AEDILE_PYTHON || 'python3',
  }
}

function strings(worker: Values, key: string): Record<string, string> {
  const entries = Object.entries(mapping(worker, key, '/worker') ?? {})
  return Object.fromEntries(entries.map(([name, value]) => [name, pythonStr(value)]))
}

function readBlocks(blocks: TemplateValue): RenderDocument['blocks'] {
  if (!Array.isArray(blocks)) throw invalid('/blocks', 'a list', blocks)
  return blocks.map((block, index) => {
    if (!isTemplateObject(block)) throw invalid(`/blocks/${index}`, 'a mapping', block)
    const { id, type, name } = block
    const data = mapping(block, 'data', `/blocks/${index}`) ?? {}
    return { ...(id === undefined ? {} : { id }), type: text(type, `/blocks/${index}/type`), name: text(name, `/blocks/${index}/name`), data }
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

function plain<Resource>(value: Values | null): Resource | null {
  return value === null ? null : (dropNumberSources(value) as Resource)
}

function invalid(pointer: string, expected: string, found: TemplateValue | undefined): AedileError {
  return new AedileError('render_input_invalid', { pointer, expected, found: found === undefined ? 'nothing' : JSON.stringify(found) })
}
