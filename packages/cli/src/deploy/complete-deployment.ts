import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { type DeploymentCreate, deploymentCreate } from '@aedile/core/resources/deployment'
import type { DeploymentScheduleCreate } from '@aedile/core/resources/schedule'
import { applyValues } from '@aedile/core/templates/apply-values'
import { IMAGE_FOLDER, setWorkingDirectoryStep } from '@aedile/sdk/deploy/build-deployment'
import { CliFailure, EXIT_CODES } from '../failure.ts'
import { checkParameters, findUnknownParameters } from './check-parameters.ts'
import type { DeployEntry } from './file/deploy-entry.ts'
import { checkJobVariables, typeJobVariables } from './job-variables.ts'
import type { PreparedDeployment } from './prepare-deployment.ts'
import { buildSchedules } from './schedules.ts'

/** What is sent to the server, but for the flow's id. */
export type DeploymentBody = Omit<DeploymentCreate, 'flow_id' | 'job_variables' | 'schedules'> & {
  job_variables: JsonObject
  schedules: DeploymentScheduleCreate[]
}

const NO_ID = '00000000-0000-0000-0000-000000000000'

/** Where a deployment is completed, and what was said of job variables on the command line: those are text yet. */
export type CompletionPlace = {
  folder: string
  environment: Readonly<Record<string, string | undefined>>
  givenVariables: JsonObject
  /** Job variables that the pool does not know are a note, not an error. */
  allowUnknownVariables?: boolean
  /** The image that was built for it: its files are there, and with `isUsed` it runs in it. */
  built?: { image: string; directory: string; isUsed: boolean } | null
  note: (text: string) => void
}

/** Fills in the outputs of steps and makes what the server is sent. Refuses what it would refuse. */
export function completeDeployment(prepared: PreparedDeployment, values: JsonObject, place: CompletionPlace): DeploymentBody {
  const { fullName, name, flow, pool } = prepared
  const { folder, note } = place
  const { schedules, triggers: _, ...rest } = prepared.entry
  const entry = fill(rest, values) as DeployEntry
  const given = typeJobVariables(entry.work_pool?.job_variables ?? {}, { pool, names: Object.keys(place.givenVariables) })
  const { built } = place
  const placed = flow.entrypoint === null ? placeCommand(given, prepared, folder) : given
  const jobVariables = built?.isUsed ? { ...placed, image: built.image } : placed
  for (const warning of checkJobVariables(jobVariables, pool, { where: fullName, allowUnknown: place.allowUnknownVariables }))
    note(warning)
  const parameters = entry.parameters ?? {}
  if (entry.enforce_parameter_schema ?? true) checkParameters(parameters, flow.parameterSchema, fullName)
  for (const warning of findUnknownParameters(parameters, flow.parameterSchema, fullName)) note(warning)
  return checkBody(fullName, {
    name,
    version: entry.version == null ? flow.version : String(entry.version),
    description: entry.description || flow.description,
    tags: typeof entry.tags === 'string' ? [entry.tags] : (entry.tags ?? flow.tags),
    parameters,
    path: null,
    entrypoint: flow.entrypoint,
    work_pool_name: pool.name,
    work_queue_name: entry.work_pool?.work_queue_name ?? null,
    job_variables: jobVariables,
    pull_steps: buildPullSteps(values, prepared, { ...place, image: jobVariables.image }),
    parameter_openapi_schema: flow.parameterSchema,
    enforce_parameter_schema: entry.enforce_parameter_schema ?? true,
    schedules: buildSchedules((fill(schedules ?? [], values) ?? []) as JsonValue[], fullName),
    ...(entry.paused == null ? {} : { paused: entry.paused as boolean }),
    ...readLimit(entry.concurrency_limit),
  })
}

/** What the worker knows of a run is filled in by the worker. */
function fill(template: unknown, values: JsonObject): JsonValue | undefined {
  return applyValues(template as JsonValue, values, { skipPrefixes: ['ctx.'] }) as JsonValue | undefined
}

/** A plain command starts where it was deployed from, where the pool's processes can be told to. */
function placeCommand(variables: JsonObject, { pool, fullName }: PreparedDeployment, folder: string): JsonObject {
  const schema = pool.base_job_template.variables
  const known = isJsonObject(schema) && isJsonObject(schema.properties) ? schema.properties : {}
  const isLocal = 'working_dir' in known && !('image' in known)
  if (!variables.command && 'command' in known) {
    throw new CliFailure(
      `${fullName} has no entrypoint, so it needs a command: --job-variable command="sh backup.sh"`,
      EXIT_CODES.usage.code,
    )
  }
  return isLocal && !('working_dir' in variables) ? { ...variables, working_dir: folder } : variables
}

/** Without steps of its own, code is run where it was deployed from; within an image, where images have it. */
function buildPullSteps(
  values: JsonObject,
  { flow, pull }: PreparedDeployment,
  { folder, environment, image, built }: CompletionPlace & { image: JsonValue | undefined },
): JsonObject[] {
  if (pull !== null) return applyValues(pull, values, { removeNotset: false, environment }) as JsonObject[]
  if (flow.entrypoint === null) return []
  return [setWorkingDirectoryStep(image || built ? built?.directory || IMAGE_FOLDER : folder)]
}

/** A limit is a number, or a mapping with what to do beyond it. */
function readLimit(given: DeployEntry['concurrency_limit']): Partial<DeploymentBody> {
  if (given === null || given === undefined) return {}
  if (!isJsonObject(given)) return { concurrency_limit: Number(given) }
  const { limit, collision_strategy, grace_period_seconds } = given
  const options = { collision_strategy, ...(grace_period_seconds == null ? {} : { grace_period_seconds }) }
  return {
    concurrency_limit: (limit ?? null) as number | null,
    ...(collision_strategy == null ? {} : { concurrency_options: options as DeploymentBody['concurrency_options'] }),
  }
}

function checkBody(fullName: string, body: DeploymentBody): DeploymentBody {
  const parsed = deploymentCreate.safeParse({ ...body, flow_id: NO_ID })
  if (parsed.success) return body
  const faults = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`)
  throw new CliFailure(`${fullName} cannot be deployed:\n${faults.join('\n')}`, EXIT_CODES.usage.code)
}
