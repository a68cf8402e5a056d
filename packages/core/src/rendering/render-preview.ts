import type { InfrastructureDefinition } from '../infrastructure-definition.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { Deployment } from '../resources/deployment.ts'
import type { Flow } from '../resources/flow.ts'
import type { FlowRun } from '../resources/flow-run.ts'
import type { WorkPool } from '../resources/work-pool.ts'
import { compileTemplate } from '../templates/compile.ts'
import { environmentName, findPlaceholders } from '../templates/placeholders.ts'
import type { ReferenceLookup } from '../templates/references.ts'
import { chooseTemplate } from './choose-template.ts'
import { type RenderResult, toRenderResult } from './render-answer.ts'
import { renderJob } from './render-job.ts'
import { secretSettingNames } from './secret-names.ts'
import { type KnownWorker, PREVIEW_WORKER, standInRun, standInWorker } from './stand-ins.ts'

/** What a preview is made of. Everything was read before; blocks come from `lookup` with their secrets masked. */
export type PreviewInput = {
  definition: InfrastructureDefinition
  workPool: WorkPool
  flow: Flow | null
  deployment: Deployment | null
  /** Null: a run that does not exist yet. */
  flowRun: FlowRun | null
  /** Over those of the run. */
  jobVariables?: JsonObject
  /** In place of the pool's own. */
  baseJobTemplate?: JsonObject | 'default' | 'extended'
  worker: KnownWorker | null
  /** Must mask secrets: what is in here is shown. */
  lookup: ReferenceLookup
  facts?: JsonObject
  explain?: boolean
  /** Names of environment variables that are secret, beside the settings of clients. */
  secretNames?: ReadonlySet<string>
}

/**
 * Renders what a worker would create, for people: nothing is sent, secrets are masked, and what only the worker knows
 * stands as `<worker>`.
 * @throws AedileError as `renderJob` does.
 */
export async function renderPreview(input: PreviewInput): Promise<RenderResult> {
  const { definition, deployment, flow, workPool, lookup, facts, explain = true } = input
  const flowRun = input.flowRun ?? standInRun(flow, deployment)
  // A worker fills an empty template with its type's own before it takes a run.
  const own = Object.keys(workPool.base_job_template).length > 0 ? workPool.base_job_template : 'default'
  const template = chooseTemplate(input.baseJobTemplate ?? own, definition)
  const layers = {
    deployment: deployment?.job_variables ?? null,
    flowRun: overlayJobVariables(flowRun.job_variables ?? {}, input.jobVariables ?? {}),
  }
  const rendering = await renderJob({
    definition,
    template: compileTemplate(template),
    layers,
    context: { flowRun, flow, deployment, workPool, worker: standInWorker(input.worker) },
    lookup,
    environment: standInEnvironment(template, layers),
    ...(facts ? { facts } : {}),
    hideSecrets: { names: input.secretNames ?? secretSettingNames() },
  })
  return toRenderResult(rendering, { explain })
}

/** Job variables over others, as a run's lie over its deployment's: `env` key by key, all else whole. */
export function overlayJobVariables(under: JsonObject, over: JsonObject): JsonObject {
  const overlaid = { ...under, ...over }
  if (isJsonObject(under.env) && isJsonObject(over.env)) overlaid.env = { ...under.env, ...over.env }
  return overlaid
}

/** The worker's environment is its own: each variable of it that the template or the job variables read is `<worker>`. */
function standInEnvironment(...readers: unknown[]): Record<string, string> {
  const placeholders = readers.flatMap((reader) => findPlaceholders(reader as JsonObject))
  const names = placeholders.filter(({ kind }) => kind === 'environment').map(environmentName)
  return Object.fromEntries(names.map((name) => [name, PREVIEW_WORKER]))
}
