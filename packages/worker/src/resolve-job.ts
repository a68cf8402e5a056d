import { readBlockDocument, readBlockDocumentByName } from '@aedile/core/client/blocks'
import type { ApiClient } from '@aedile/core/client/client'
import { readVariable } from '@aedile/core/client/variables'
import { isAedileError } from '@aedile/core/errors'
import type { Job, RunContext } from '@aedile/core/infrastructure-definition'
import type { WorkPool } from '@aedile/core/resources/work-pool'
import type { TemplateCache } from '@aedile/core/templates/compile'
import type { ReferenceLookup } from '@aedile/core/templates/references'
import { resolveJobValue } from '@aedile/core/templates/resolve-job'

/** Resolves a run's job from the pool's template, the deployment's and the run's job variables. */
export async function resolveRunJob(
  parts: { client: ApiClient; templates: TemplateCache; environment: Record<string, string> },
  run: RunContext & { workPool: WorkPool },
): Promise<Job> {
  const layers = { deployment: run.deployment?.job_variables ?? null, flowRun: run.flowRun.job_variables ?? null }
  const options = { lookup: lookupOf(parts.client), environment: parts.environment }
  return resolveJobValue(parts.templates.of(run.workPool), layers, options)
}

/** Blocks and variables of a template, read through the API. */
function lookupOf(client: ApiClient): ReferenceLookup {
  return {
    readBlockDocument: (slug, name) =>
      orNull(readBlockDocumentByName(client, slug, name, { includeSecrets: true }, { exactNumbers: ['data'] })),
    readBlockDocumentById: (id) => orNull(readBlockDocument(client, id, { includeSecrets: true }, { exactNumbers: ['data'] })),
    readVariable: (name) => orNull(readVariable(client, name, { exactNumbers: ['value'] })),
  }
}

async function orNull<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read
  } catch (error) {
    if (isAedileError(error, 'api_not_found')) return null
    throw error
  }
}
