import { type AedileError, isAedileError } from '../errors.ts'
import type {
  AttemptContext,
  CommandContext,
  InfrastructureDefinition,
  Job,
  RunContext,
  TargetFacts,
} from '../infrastructure-definition.ts'
import type { JsonObject } from '../json.ts'
import { findNearest } from '../nearest.ts'
import type { CompiledTemplate } from '../templates/compile.ts'
import type { JobLayers } from '../templates/layers.ts'
import type { Dropped, Origin } from '../templates/origins.ts'
import { joinPointer } from '../templates/placeholders.ts'
import type { ReferenceLookup } from '../templates/references.ts'
import { resolveJob } from '../templates/resolve-job.ts'
import type { TemplateWarning } from '../templates/warnings.ts'
import { BuildOrigins } from './build-trace.ts'
import { hideAt, hideInText, hideSecretSettings, type SecretHiding } from './hide-secrets.ts'
import { PREVIEW_ATTEMPT, PREVIEW_SERVER, PREVIEW_TARGET } from './preview-words.ts'

export type RenderInput = {
  definition: InfrastructureDefinition
  template: CompiledTemplate
  layers: JobLayers
  context: RunContext | CommandContext
  /** Reads blocks and variables. Without it their placeholders stay as they are. */
  lookup?: ReferenceLookup
  /** What `{{ $NAME }}` reads: the worker's environment. */
  environment?: Readonly<Record<string, string | undefined>>
  /** Facts of the target; those that are missing are the definition's assumed ones. */
  facts?: JsonObject
  attempt?: Partial<AttemptContext>
  /** Hides what is secret before anything is derived from it. For renderings that are shown. */
  hideSecrets?: SecretHiding
}

/** One job, rendered as far as it can be without touching anything. */
export type Rendering = {
  /** The prepared job; equals a genuine worker's configuration. */
  configuration: Job
  /** Exactly what start() sends. */
  request: JsonObject
  /** Origins of the leaves of both, by JSON pointer; found when they are first read. */
  origins: { readonly configuration: Origins; readonly request: Origins }
  dropped: Dropped[]
  warnings: TemplateWarning[]
  /** The target facts that were taken, and whether any that matters was assumed. */
  facts: TargetFacts
  assumed: boolean
}

/** A rendering whose job can be prepared, but not be asked for as it is. */
export type PartialRendering = Omit<Rendering, 'request'> & { request: null; fault: AedileError }

/**
 * Renders a job and its request: what a worker does before start(), with nothing sent.
 * @throws AedileError `template_invalid`, `template_block_not_found`, `job_variable_invalid`, `infrastructure_failed`.
 */
export async function renderJob(input: RenderInput): Promise<Rendering> {
  const rendering = await renderAsFarAsPossible(input)
  if (rendering.request === null) throw rendering.fault
  return rendering
}

/** As `renderJob`, but a request that cannot be made leaves the prepared job standing beside its fault. */
export async function renderAsFarAsPossible(input: RenderInput): Promise<Rendering | PartialRendering> {
  const { definition, context, lookup, environment, hideSecrets } = input
  const options = { ...(lookup ? { lookup } : {}), ...(environment ? { environment } : {}) }
  const resolved = await resolveJob(input.template, input.layers, options)
  const job = hideSecrets ? hideSecretSettings(resolved.value, hideSecrets) : resolved.value
  const preparation = new BuildOrigins()
  const prepared = definition.prepare(job, context, preparation)
  const configuration = hideSecrets ? hideAt(prepared, definition.secretPointers?.(prepared) ?? []) : prepared
  const facts = { id: PREVIEW_TARGET, ...definition.assumedFacts, ...input.facts }
  const building = new BuildOrigins()
  const warnings = [...resolved.warnings, ...findUnknownFields(resolved.value, configuration)]
  const told = {
    configuration,
    dropped: resolved.dropped,
    warnings: hideSecrets ? hideInWarnings(warnings, [resolved.value, job, prepared, configuration]) : warnings,
    facts,
    assumed: Object.keys(definition.assumedFacts ?? {}).some((name) => name !== 'id' && !Object.hasOwn(input.facts ?? {}, name)),
  }
  const ofConfiguration = () => preparation.of(configuration, resolved.origins)
  try {
    const request = definition.request(configuration, facts, attemptOf(input), building)
    return { ...told, request, origins: new FoundOrigins(ofConfiguration, (origins) => building.of(request, origins)) }
  } catch (error) {
    if (!isAedileError(error)) throw error
    return { ...told, request: null, fault: error, origins: new FoundOrigins(ofConfiguration, () => new Map()) }
  }
}

type Origins = ReadonlyMap<string, Origin>

/** Origins that are found when somebody reads them: for most renderings nobody does. */
class FoundOrigins {
  readonly #ofConfiguration: () => Origins
  readonly #ofRequest: (configuration: Origins) => Origins
  #configuration: Origins | undefined
  #request: Origins | undefined

  constructor(ofConfiguration: () => Origins, ofRequest: (configuration: Origins) => Origins) {
    this.#ofConfiguration = ofConfiguration
    this.#ofRequest = ofRequest
  }

  get configuration(): Origins {
    this.#configuration ??= this.#ofConfiguration()
    return this.#configuration
  }

  get request(): Origins {
    this.#request ??= this.#ofRequest(this.configuration)
    return this.#request
  }
}

/** Fields of the template's job_configuration that the type does not know: they are dropped, as genuine workers drop them. */
function findUnknownFields(resolved: Job, configuration: Job): TemplateWarning[] {
  return Object.keys(resolved)
    .filter((field) => !Object.hasOwn(configuration, field))
    .map((field) => {
      const nearest = findNearest(field, Object.keys(configuration))
      const message = `Jobs of this type have no field ${field}, so it has no effect.${nearest ? ` Did you mean ${nearest}?` : ''}`
      return { kind: 'unknown-field', layer: 'template', pointer: joinPointer('', field), message }
    })
}

/** By pairs of a job before and after something was hidden in it. */
function hideInWarnings(warnings: TemplateWarning[], [resolved, job, prepared, configuration]: [Job, Job, Job, Job]) {
  const hide = (message: string) => hideInText(hideInText(message, resolved, job), prepared, configuration)
  return warnings.map((warning) => ({ ...warning, message: hide(warning.message) }))
}

function attemptOf({ attempt, context }: RenderInput): AttemptContext {
  const flowRunId = 'command' in context ? null : context.flowRun.id
  return { key: PREVIEW_ATTEMPT, server: PREVIEW_SERVER, flowRunId, ...attempt }
}
