import { AedileError, isAedileError } from '../errors.ts'
import type { InfrastructureDefinition } from '../infrastructure-definition.ts'
import { parseJsonKeepingNumbers, type TemplateValue } from '../python-text.ts'
import { type CompiledTemplate, compileTemplate } from '../templates/compile.ts'
import type { ReferenceLookup } from '../templates/references.ts'
import { chooseTemplate } from './choose-template.ts'
import { type RenderAnswer, toRenderAnswer, toRenderError } from './render-answer.ts'
import { parseRenderDocument, type RenderDocument } from './render-input.ts'
import { renderAsFarAsPossible } from './render-job.ts'

type FindDefinition = (type: string) => Promise<InfrastructureDefinition>

/** Renders a document from its text. What is no JSON is answered as an error too. */
export async function renderText(text: string, findDefinition: FindDefinition): Promise<RenderAnswer> {
  try {
    return await renderDocument(parseText(text), findDefinition)
  } catch (error) {
    if (isAedileError(error)) return { error: toRenderError(error) }
    // A value so deep that it exhausts the stack, wherever it does: its author's doing, and no reason to stop.
    if (error instanceof RangeError) return { error: toRenderError(unreadable('JSON that is not nested so deep', error.message)) }
    throw error
  }
}

function parseText(text: string): TemplateValue {
  try {
    return parseJsonKeepingNumbers(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw unreadable('JSON', error.message)
    throw error
  }
}

function unreadable(expected: string, found: string): AedileError {
  return new AedileError('render_input_invalid', { pointer: '/', expected, found })
}

/**
 * Renders one document: everything that the rendering depends on is in it, and nothing else is read. What is wrong with the
 * document or the template comes back as `error`; only a fault of ours is thrown.
 */
export async function renderDocument(value: TemplateValue, findDefinition: FindDefinition): Promise<RenderAnswer> {
  try {
    const document = parseRenderDocument(value)
    return await renderParsed(document, await findType(document.type, findDefinition))
  } catch (error) {
    if (!isAedileError(error)) throw error
    return { error: toRenderError(error) }
  }
}

async function findType(type: string, findDefinition: FindDefinition): Promise<InfrastructureDefinition> {
  try {
    return await findDefinition(type)
  } catch (error) {
    if (!isAedileError(error, 'infrastructure_type_unknown')) throw error
    throw new AedileError(error.code, { ...error.details, pointer: '/type' })
  }
}

async function renderParsed(document: RenderDocument, definition: InfrastructureDefinition): Promise<RenderAnswer> {
  const { flowRun, deployment, flow, workPool, worker, layers } = document
  const rendering = await renderAsFarAsPossible({
    definition,
    template: compile(chooseTemplate(document.template, definition)),
    layers,
    context: { flowRun, deployment, flow, workPool, worker },
    lookup: lookupOf(document),
    environment: worker.processEnvironment,
    ...(document.facts ? { facts: document.facts } : {}),
  })
  const result = toRenderAnswer(rendering, { explain: true })
  return { ...result, warnings: [...document.warnings, ...result.warnings] }
}

/** A type's own templates are the same objects in every document, so each is compiled once. */
const compiled = new WeakMap<object, CompiledTemplate>()

function compile(template: unknown): CompiledTemplate {
  if (typeof template !== 'object' || template === null) return compileTemplate(template)
  const known = compiled.get(template) ?? compileTemplate(template)
  compiled.set(template, known)
  return known
}

function lookupOf({ blocks, variables }: RenderDocument): ReferenceLookup {
  return {
    readBlockDocument: async (type, name) => blocks.find((block) => block.type === type && block.name === name) ?? null,
    readBlockDocumentById: async (id) => blocks.find((block) => block.id === id) ?? null,
    readVariable: async (name) => (Object.hasOwn(variables, name) ? { value: variables[name]! } : null),
  }
}
