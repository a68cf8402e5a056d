import type {
  AttemptContext,
  CommandContext,
  InfrastructureDefinition,
  Job,
  RunContext,
  TargetFacts,
} from '../infrastructure-definition.ts'
import type { JsonObject } from '../json.ts'
import type { CompiledTemplate } from '../templates/compile.ts'
import type { JobLayers } from '../templates/layers.ts'
import type { Dropped, Origin } from '../templates/origins.ts'
import type { ReferenceLookup } from '../templates/references.ts'
import { type ResolvedJob, resolveJob, resolveJobValue } from '../templates/resolve-job.ts'
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
  /** False: without origins and warnings, which cost more than the rendering itself. */
  explain?: boolean
  /** Hides what is secret before anything is derived from it. For renderings that are shown. */
  hideSecrets?: SecretHiding
}

/** One job, rendered as far as it can be without touching anything. */
export type Rendering = {
  /** The prepared job; equals a genuine worker's configuration. */
  configuration: Job
  /** Exactly what start() sends. */
  request: JsonObject
  /** Origins of the leaves of both, by JSON pointer; none without `explain`. */
  origins: { configuration: ReadonlyMap<string, Origin>; request: ReadonlyMap<string, Origin> }
  dropped: Dropped[]
  warnings: TemplateWarning[]
  /** The target facts that were taken, and whether nobody asked a target for them. */
  facts: TargetFacts
  assumed: boolean
}

/**
 * Renders a job and its request: what a worker does before start(), with nothing sent.
 * @throws AedileError `template_invalid`, `template_block_not_found`, `job_variable_invalid`, `infrastructure_failed`.
 */
export async function renderJob(input: RenderInput): Promise<Rendering> {
  const { definition, context, explain = true, hideSecrets } = input
  const resolved = await resolve(input, explain)
  const job = hideSecrets ? hideSecretSettings(resolved.value, hideSecrets) : resolved.value
  const preparation = explain ? new BuildOrigins() : undefined
  const prepared = definition.prepare(job, context, preparation)
  const configuration = hideSecrets ? hideAt(prepared, definition.secretPointers?.(prepared) ?? []) : prepared
  const facts = { id: PREVIEW_TARGET, ...definition.assumedFacts, ...input.facts }
  const building = explain ? new BuildOrigins() : undefined
  const request = definition.request(configuration, facts, attemptOf(input), building)
  const origins = preparation?.of(configuration, resolved.origins) ?? NO_ORIGINS
  return {
    configuration,
    request,
    origins: { configuration: origins, request: building?.of(request, origins) ?? NO_ORIGINS },
    dropped: resolved.dropped,
    warnings: hideSecrets ? hideInWarnings(resolved.warnings, [resolved.value, job, prepared, configuration]) : resolved.warnings,
    facts,
    assumed: input.facts === undefined,
  }
}

/** By pairs of a job before and after something was hidden in it. */
function hideInWarnings(warnings: TemplateWarning[], [resolved, job, prepared, configuration]: [Job, Job, Job, Job]) {
  const hide = (message: string) => hideInText(hideInText(message, resolved, job), prepared, configuration)
  return warnings.map((warning) => ({ ...warning, message: hide(warning.message) }))
}

/** Without origins nothing is known of what was dropped or had no effect either. */
async function resolve({ template, layers, lookup, environment }: RenderInput, explain: boolean): Promise<ResolvedJob> {
  const options = { ...(lookup ? { lookup } : {}), ...(environment ? { environment } : {}) }
  if (explain) return resolveJob(template, layers, options)
  return { value: await resolveJobValue(template, layers, options), origins: NO_ORIGINS, dropped: [], warnings: [] }
}

const NO_ORIGINS: ReadonlyMap<string, Origin> = new Map()

function attemptOf({ attempt, context }: RenderInput): AttemptContext {
  const flowRunId = 'command' in context ? null : context.flowRun.id
  return { key: PREVIEW_ATTEMPT, server: PREVIEW_SERVER, flowRunId, ...attempt }
}
