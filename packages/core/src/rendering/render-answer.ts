import type { AedileError } from '../errors.ts'
import type { Job } from '../infrastructure-definition.ts'
import type { JsonObject } from '../json.ts'
import type { Dropped, Origin } from '../templates/origins.ts'
import type { TemplateWarning } from '../templates/warnings.ts'
import type { PartialRendering, Rendering } from './render-job.ts'

/** A key of a render document that nothing reads. */
export type DocumentWarning = { kind: 'unknown-key'; pointer: string; message: string }
export type RenderWarning = TemplateWarning | DocumentWarning
/** Origins of leaves by JSON pointer, ready to be written as JSON. */
export type Origins = Record<string, Origin>

/** A rendering, ready to be written as JSON. */
export type RenderResult = {
  configuration: Job
  request: JsonObject
  /** Absent when nobody asked for it. */
  origins?: { configuration: Origins; request: Origins }
  dropped: Dropped[]
  warnings: RenderWarning[]
  /** The facts of the target that were taken; `assumed` when any that matters was given by nobody. */
  facts: { values: JsonObject; assumed: boolean }
}

/** Why something was not rendered. `pointers` are of the template, the job variables or the document, as the code says. */
export type RenderError = { code: string; message: string; pointers: string[] }
/** A rendering whose request cannot be made; `request_error` says why. */
export type PartialRenderResult = Omit<RenderResult, 'request'> & { request: null; request_error: RenderError }
/** What a render document is answered with. */
export type RenderAnswer = RenderResult | PartialRenderResult | { error: RenderError }

/** Makes a rendering plain JSON, also one without a request. */
export function toRenderAnswer(
  rendering: Rendering | PartialRendering,
  options: { explain: boolean },
): RenderResult | PartialRenderResult {
  if (rendering.request !== null) return toRenderResult(rendering, options)
  const { fault, ...rest } = rendering
  return { ...toRenderResult({ ...rest, request: {} }, options), request: null, request_error: toRenderError(fault) }
}

/** Makes a rendering plain JSON. */
export function toRenderResult(rendering: Rendering, { explain }: { explain: boolean }): RenderResult {
  const { configuration, request, origins, dropped, warnings, facts, assumed } = rendering
  return {
    configuration,
    request,
    ...(explain ? { origins: { configuration: toRecord(origins.configuration), request: toRecord(origins.request) } } : {}),
    dropped,
    warnings,
    facts: { values: facts, assumed },
  }
}

function toRecord(origins: ReadonlyMap<string, Origin>): Origins {
  const record: Origins = {}
  origins.forEach((origin, pointer) => {
    record[pointer] = origin
  })
  return record
}

/** An error as data, with the JSON pointers that it names. */
export function toRenderError(error: AedileError): RenderError {
  const { pointer, pointers } = error.details
  const named = Array.isArray(pointers) ? pointers.map(String) : typeof pointer === 'string' ? [pointer] : []
  return { code: error.code, message: error.message, pointers: named }
}
