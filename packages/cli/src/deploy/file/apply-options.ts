import type { JsonObject, JsonValue } from '@aedile/core/json'
import { CliFailure, EXIT_CODES } from '../../failure.ts'
import { parseAssignments, parseJsonObject } from '../../options/parse-assignments.ts'
import { parseCount } from '../../options/parse-options.ts'
import type { DeployOptions } from '../deploy-options.ts'
import type { DeployEntry } from './deploy-entry.ts'

/** What was said on the command line beside the options. */
export type Words = { entrypoint: string | null; name: string | null; jobVariables: JsonObject }

/**
 * Lays the command line over a deployment of a file: it wins. Parameters and schedules are added, job variables replace
 * those of the file, the time zone is for all schedules. Source: WC 8.3.
 */
export function applyOptions(entry: DeployEntry, options: DeployOptions, words: Words): DeployEntry {
  const { pool, workQueue } = options
  const limit = readLimit(options)
  return dropUndefined({
    ...entry,
    name: words.name ?? entry.name,
    entrypoint: words.entrypoint ?? entry.entrypoint,
    flow_name: options.flow ?? entry.flow_name,
    description: options.description ?? entry.description,
    version: options.version ?? entry.version,
    tags: options.tag ?? entry.tags,
    paused: options.paused ?? entry.paused,
    concurrency_limit: limit ?? entry.concurrency_limit,
    enforce_parameter_schema: options.enforceParameterSchema ? entry.enforce_parameter_schema : false,
    parameters: { ...entry.parameters, ...readParameters(options) },
    schedules: addSchedules(entry, options),
    work_pool: {
      name: pool ?? entry.work_pool?.name,
      work_queue_name: workQueue ?? entry.work_pool?.work_queue_name,
      job_variables: Object.keys(words.jobVariables).length > 0 ? words.jobVariables : (entry.work_pool?.job_variables ?? {}),
    },
  })
}

function readParameters({ param, params }: DeployOptions): JsonObject {
  if (param && params !== undefined) throw new CliFailure('Give --param or --params, not both.', EXIT_CODES.usage.code)
  return { ...parseJsonObject('--params', params), ...parseAssignments('--param', param) }
}

function addSchedules(entry: DeployEntry, options: DeployOptions): JsonObject[] | undefined {
  if (entry.schedule && Object.keys(entry.schedule).length > 0 && entry.schedules) {
    throw new CliFailure(`${entry.name ?? 'A deployment'}: both schedule and schedules are there. Keep schedules.`)
  }
  const legacy = entry.schedule && Object.keys(entry.schedule).length > 0 ? [entry.schedule] : []
  const { cron = [], interval = [], rrule = [], timezone, anchorDate } = options
  const schedules = [
    ...(entry.schedules ?? legacy),
    ...cron.map((text) => ({ cron: text })),
    ...interval.map((text) => ({ interval: text })),
    ...rrule.map((text) => ({ rrule: text })),
  ].map((schedule: JsonObject) => ({
    ...schedule,
    ...(anchorDate !== undefined && 'interval' in schedule ? { anchor_date: anchorDate } : {}),
    ...(timezone === undefined ? {} : { timezone }),
  }))
  if (timezone !== undefined && schedules.length === 0) {
    throw new CliFailure('--timezone needs a schedule: --cron, --interval or --rrule.', EXIT_CODES.usage.code)
  }
  return schedules.length > 0 ? schedules : undefined
}

function readLimit({ concurrencyLimit, collisionStrategy }: DeployOptions): number | JsonObject | undefined {
  const limit = parseCount('--concurrency-limit', concurrencyLimit)
  if (limit === 0) throw new CliFailure('--concurrency-limit takes a number above 0.', EXIT_CODES.usage.code)
  if (collisionStrategy === undefined) return limit
  if (limit === undefined) throw new CliFailure('--collision-strategy needs --concurrency-limit.', EXIT_CODES.usage.code)
  return { limit, collision_strategy: collisionStrategy.toUpperCase().replaceAll('-', '_') }
}

/** Keys that say nothing would stand in the way of templating. */
function dropUndefined<T extends object>(given: T): T {
  const entries = Object.entries(given).flatMap(([key, value]: [string, JsonValue | undefined]) => {
    if (value === undefined) return []
    const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value)
    return [[key, isMapping ? dropUndefined(value) : value]]
  })
  return Object.fromEntries(entries) as T
}
