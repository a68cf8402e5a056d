import { AedileError, isAedileError } from '../errors.ts'
import type { InfrastructureDefinition, Job } from '../infrastructure-definition.ts'
import type { JsonObject } from '../json.ts'
import type { TemplateValue } from '../python-text.ts'
import { compileTemplate } from '../templates/compile.ts'
import type { Dropped, Origin } from '../templates/origins.ts'
import type { ReferenceLookup } from '../templates/references.ts'
import type { TemplateWarning } from '../templates/warnings.ts'
import { parseRenderDocument, type RenderDocument } from './render-input.ts'
import { renderJob } from './render-job.ts'

/** What a document renders to, ready to be written as JSON. */
export type RenderAnswer =
  | {
      configuration: Job
      request: JsonObject
      origins: { configuration: Record<string, Origin>; request: Record<string, Origin> }
      dropped: Dropped[]
      warnings: TemplateWarning[]
      facts: { values: JsonObject; assumed: boolean }
    }
  | { error: RenderError }

export type RenderError = { code: string; message: string; pointers: string[] }

/**
 * Renders one document: everything that the rendering depends on is in it, and nothing else is read. What is wrong with the
 * document or the template comes back as `error`; only a fault of ours is thrown.
 */
export async function renderDocument(
  value: TemplateValue,
  findDefinition: (type: string) => Promise<InfrastructureDefinition>,
): Promise<RenderAnswer> {
  try {
    const document = parseRenderDocument(value)
    const definition = await findDefinition(document.type)
    return await renderParsed(document, definition)
  } catch (error) {
    if (!isAedileError(error)) throw error
    return { error: toRenderError(error) }
  }
}

async function renderParsed(document: RenderDocument, definition: InfrastructureDefinition): Promise<RenderAnswer> {
  const { flowRun, deployment, worker } = document
  const rendering = await renderJob({
    definition,
    template: compileTemplate(templateOf(document, definition)),
    layers: document.layers,
    context: { flowRun, deployment, flow: document.flow, workPool: document.workPool, worker },
    lookup: lookupOf(document),
    environment: worker.processEnvironment,
    ...(document.facts ? { facts: document.facts } : {}),
  })
  const { configuration, request, dropped, warnings, origins } = rendering
  return {
    configuration,
    request,
    origins: { configuration: Object.fromEntries(origins.configuration), request: Object.fromEntries(origins.request) },
    dropped,
    warnings,
    facts: { values: rendering.facts, assumed: rendering.assumed },
  }
}

function templateOf({ template }: RenderDocument, definition: InfrastructureDefinition): unknown {
  if (template === 'default') return definition.defaultBaseJobTemplate
  if (template !== 'extended') return template
  if (definition.extendedBaseJobTemplate) return definition.extendedBaseJobTemplate
  throw new AedileError('template_invalid', { pointer: '/', why: `the type ${definition.type} has no extended template` })
}

function lookupOf({ blocks, variables }: RenderDocument): ReferenceLookup {
  return {
    readBlockDocument: async (type, name) => blocks.find((block) => block.type === type && block.name === name) ?? null,
    readBlockDocumentById: async (id) => blocks.find((block) => block.id === id) ?? null,
    readVariable: async (name) => (Object.hasOwn(variables, name) ? { value: variables[name]! } : null),
  }
}

/** An error as data, with the JSON pointers that it names. */
export function toRenderError(error: AedileError): RenderError {
  const { pointer, pointers } = error.details
  const named = Array.isArray(pointers) ? pointers.map(String) : typeof pointer === 'string' ? [pointer] : []
  return { code: error.code, message: error.message, pointers: named }
}
