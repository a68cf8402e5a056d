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
import { resolveJob } from '../templates/resolve-job.ts'
import type { TemplateWarning } from '../templates/warnings.ts'
import { BuildOrigins } from './build-trace.ts'

/** What stands for the attempt key where no attempt exists yet. */
export const PREVIEW_ATTEMPT = '<attempt>'
/** What stands for the server's id where none is known. */
export const PREVIEW_SERVER = '<server>'

/** What stands for the target's id where no target was asked. */
export const PREVIEW_TARGET = '<target>'

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
}

/** One job, rendered as far as it can be without touching anything. */
export type Rendering = {
  /** The prepared job; equals a genuine worker's configuration. */
  configuration: Job
  /** Exactly what start() sends. */
  request: JsonObject
  /** Origins of the leaves of both, by JSON pointer. */
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
  const { definition, context } = input
  const resolved = await resolveJob(input.template, input.layers, {
    ...(input.lookup ? { lookup: input.lookup } : {}),
    ...(input.environment ? { environment: input.environment } : {}),
  })
  const preparation = new BuildOrigins()
  const configuration = definition.prepare(resolved.value, context, preparation)
  const origins = preparation.of(configuration, resolved.origins)
  const facts = { id: PREVIEW_TARGET, ...definition.assumedFacts, ...input.facts }
  const building = new BuildOrigins()
  const request = definition.request(configuration, facts, attemptOf(input), building)
  return {
    configuration,
    request,
    origins: { configuration: origins, request: building.of(request, origins) },
    dropped: resolved.dropped,
    warnings: resolved.warnings,
    facts,
    assumed: input.facts === undefined,
  }
}

function attemptOf({ attempt, context }: RenderInput): AttemptContext {
  const flowRunId = 'command' in context ? null : context.flowRun.id
  return { key: PREVIEW_ATTEMPT, server: PREVIEW_SERVER, flowRunId, ...attempt }
}
