import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { AedileError } from '@aedile/core/errors'
import type { JsonObject } from '@aedile/core/json'
import type { DeploymentCreate } from '@aedile/core/resources/deployment'
import type { DeploymentScheduleCreate } from '@aedile/core/resources/schedule'
import type { FlowDefinition } from '../definition.ts'
import { readFlowVersion } from '../engine/flow-version.ts'
import { buildParameterSchema } from '../parameters/parameter-schema.ts'
import type { DeploymentOptions, ScheduleOptions } from './deploy-options.ts'

/** What a deployment says, but for the flow's id: the same for creating and updating it. */
export type DeploymentBody = Omit<DeploymentCreate, 'flow_id' | 'name'> & { name: string }

/** Where an image is expected to have its code when nothing else is said, as genuine clients have it. */
export const IMAGE_FOLDER = '/opt/prefect'

/** Builds the body of a deployment from a flow and what was said about it. */
export async function buildDeployment(
  definition: FlowDefinition,
  options: DeploymentOptions,
  folder: string,
): Promise<DeploymentBody & { entrypoint: string }> {
  const { schedule, schedules = [] } = options
  return {
    name: options.name ?? definition.name,
    version: options.version ?? readFlowVersion(definition),
    description: options.description ?? definition.options.description ?? null,
    tags: [...(options.tags ?? definition.options.tags ?? [])],
    labels: {},
    parameters: options.parameters ?? {},
    path: folder,
    entrypoint: options.entrypoint ?? buildEntrypoint(definition, folder),
    parameter_openapi_schema: await buildParameterSchema(definition.schema),
    enforce_parameter_schema: options.enforceParameterSchema ?? true,
    schedules: [...(schedule ? [schedule] : []), ...schedules].map(buildSchedule),
    paused: options.paused ?? false,
    concurrency_limit: options.concurrencyLimit ?? null,
    concurrency_options: options.concurrencyOptions ?? null,
  }
}

function buildEntrypoint({ file, name }: FlowDefinition, folder: string): string {
  if (file === null || !existsSync(file)) throw new AedileError('entrypoint_invalid', { entrypoint: 'unknown' })
  return `${relative(folder, file)}:${name}`
}

function buildSchedule(options: ScheduleOptions): DeploymentScheduleCreate {
  const { timezone = null, active = true, parameters = {}, slug = null } = options
  return { schedule: buildWhen(options, timezone), active, parameters, slug, max_scheduled_runs: null, replaces: null }
}

function buildWhen(options: ScheduleOptions, timezone: string | null): DeploymentScheduleCreate['schedule'] {
  if ('cron' in options) return { cron: options.cron, timezone, day_or: options.dayOr ?? true }
  if ('rrule' in options) return { rrule: options.rrule, timezone }
  const { interval, anchorDate } = options
  const anchor = anchorDate instanceof Date ? anchorDate.toISOString() : anchorDate
  return { interval, timezone, ...(anchor === undefined ? {} : { anchor_date: anchor }) }
}

/** The step by which a run finds the code on the machine where it was deployed from. */
export function setWorkingDirectoryStep(directory: string): JsonObject {
  return { 'prefect.deployments.steps.set_working_directory': { directory } }
}
