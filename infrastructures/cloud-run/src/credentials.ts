import type { Job, TargetFacts } from '@aedile/core/infrastructure-definition'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { readMapping, readText } from './fields.ts'
import type { Problems } from './problems.ts'

const AT = '/credentials'
const INFO = `${AT}/service_account_info`
const SLUG = 'gcp-credentials'
const REQUIRED_INFO = ['client_email', 'token_uri', 'private_key']

/**
 * Checks and completes credentials as the block type `gcp-credentials` does. Without a service account they mean the
 * application default ones of who connects. Nothing is read from disk: whether a key file exists shows when a worker connects.
 */
export function normalizeCredentials(value: JsonValue | undefined, problems: Problems): JsonValue {
  // A block that could not be looked up here stays a reference.
  if (typeof value === 'string' && value.includes('{{ prefect.blocks.')) return value
  const given = value === undefined ? {} : readMapping(value, AT, problems)
  const { block_type_slug = SLUG } = given
  const service_account_file = textOrNull(given, 'service_account_file', problems)
  const service_account_info = readInfo(given.service_account_info ?? null, problems)
  const project = textOrNull(given, 'project', problems) ?? (service_account_info?.project_id as string | undefined) ?? null
  if (block_type_slug !== SLUG) problems.add(`${AT}/block_type_slug`, `expected a block of type ${SLUG}`)
  if (service_account_file && service_account_info) {
    problems.add([`${AT}/service_account_file`, INFO], 'expected only one of service_account_file and service_account_info')
  }
  return { ...given, service_account_file, service_account_info, project, block_type_slug }
}

function textOrNull(given: JsonObject, field: string, problems: Problems): string | null {
  const value = given[field] ?? null
  return value === null ? null : readText(value, `${AT}/${field}`, problems)
}

/** A key file's content, as mapping or as JSON in a text. What is wrong with it is told without its values. */
function readInfo(value: JsonValue, problems: Problems): JsonObject | null {
  if (value === null) return null
  const info = typeof value === 'string' ? parseInfo(value) : value
  if (!isJsonObject(info)) {
    problems.add(INFO, "expected a service account's key file, as mapping or as JSON")
    return null
  }
  const missing = REQUIRED_INFO.filter((field) => !Object.hasOwn(info, field))
  if (missing.length > 0) problems.add(INFO, `expected ${missing.join(', ')} in it`)
  return info
}

function parseInfo(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return null
  }
}

/** Where a prepared job holds what nobody may see. */
export function credentialPointers(job: Job): string[] {
  return isJsonObject(job.credentials) && job.credentials.service_account_info !== null ? [INFO] : []
}

/** The project that the job is created in: that of its credentials, else the one that the target's own credentials name. */
export function projectOf(job: Job, facts: TargetFacts): string {
  if (namesProject(job)) return (job.credentials as { project: string }).project
  return typeof facts.project === 'string' ? facts.project : ''
}

/** True when a prepared job's credentials name a project. */
export function namesProject({ credentials }: Job): boolean {
  return isJsonObject(credentials) && typeof credentials.project === 'string' && credentials.project !== ''
}
