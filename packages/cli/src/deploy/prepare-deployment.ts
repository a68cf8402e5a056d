import { isJsonObject, type JsonObject } from '@aedile/core/json'
import type { WorkPool } from '@aedile/core/resources/work-pool'
import { applyValues } from '@aedile/core/templates/apply-values'
import { type ReferenceLookup, resolveReferences } from '@aedile/core/templates/references'
import type { CliContext } from '../cli-context.ts'
import { CliFailure, EXIT_CODES } from '../failure.ts'
import { definedValues } from '../options/defined-values.ts'
import type { Actions, DeployEntry } from './file/deploy-entry.ts'
import { findWorkPool } from './find-work-pool.ts'
import type { FlowFacts } from './flows/flow-facts.ts'
import { readFlow } from './flows/read-flow.ts'
import { checkSteps } from './steps.ts'

/** Where a deployment is made from. */
export type DeployPlace = { folder: string; environment: Readonly<Record<string, string | undefined>>; lookup: ReferenceLookup }

/** A deployment of which everything is known but what the build steps will say. */
export type PreparedDeployment = {
  /** `flow/name` */
  fullName: string
  name: string
  flow: FlowFacts
  pool: WorkPool
  /** Blocks, variables and environment are filled in; outputs of steps are not yet. */
  entry: DeployEntry
  build: JsonObject[]
  push: JsonObject[]
  /** As they are written: what they refer to is for the run. Null when nothing was said of them. */
  pull: JsonObject[] | null
}

/** Reads all that a deployment refers to and refuses what cannot be. Runs nothing and writes nothing. */
export async function prepareDeployment(
  context: CliContext,
  given: DeployEntry,
  actions: Actions,
  place: DeployPlace,
): Promise<PreparedDeployment> {
  const steps = pickSteps(given, actions)
  const called = given.name ?? given.entrypoint ?? given.flow_name ?? 'The deployment'
  checkSteps('build', steps.build, called)
  checkSteps('push', steps.push, called)
  noteWhatIsMissing(context, given, called)
  const entry = await resolveEntry(given, place)
  const flow = await readFlow(context, { entrypoint: entry.entrypoint || null, flowName: entry.flow_name || null }, place.folder)
  const { name } = entry
  if (!name) throw new CliFailure(`${called}: a deployment needs a name: --name NAME`, EXIT_CODES.usage.code)
  const fullName = `${flow.name}/${name}`
  const pool = entry.work_pool?.name
  if (!pool) throw new CliFailure(`${fullName} needs a work pool: --pool NAME`, EXIT_CODES.usage.code)
  return { fullName, name, flow, pool: await findWorkPool(context.client, pool, fullName), entry, ...steps }
}

/**
 * A deployment's own steps go before those of the file: `build: null` means none, `push: null` and `pull: null` are as if
 * they were not there, `pull: []` means none. Without any `pull` the usual one is made.
 */
function pickSteps(entry: DeployEntry, actions: Actions): Pick<PreparedDeployment, 'build' | 'push' | 'pull'> {
  const build = entry.build === undefined ? actions.build : entry.build
  return { build: build ?? [], push: entry.push ?? actions.push ?? [], pull: entry.pull ?? actions.pull ?? null }
}

function noteWhatIsMissing({ print }: CliContext, { triggers, sla }: DeployEntry, called: string): void {
  if (triggers && triggers.length > 0) {
    print.note(`${called}: its triggers are left out: automations are not in this version. Everything else is deployed.`)
  }
  if (sla && sla.length > 0)
    print.note(`${called}: its service level agreements are left out: no server but Prefect Cloud has them.`)
}

/** Fills in blocks, variables and the environment. What has no value stays, for the steps may give it one. */
async function resolveEntry(given: DeployEntry, { lookup, environment }: DeployPlace): Promise<DeployEntry> {
  const resolved = await resolveReferences(given as JsonObject, lookup)
  const filled = applyValues(resolved, definedValues(environment), { removeNotset: false, environment })
  return (isJsonObject(filled) ? filled : {}) as DeployEntry
}
