import type { ApiClient } from '@aedile/core/client/client'
import { lookupThrough } from '@aedile/core/client/reference-lookup'
import type { Job, RunContext } from '@aedile/core/infrastructure-definition'
import type { WorkPool } from '@aedile/core/resources/work-pool'
import type { TemplateCache } from '@aedile/core/templates/compile'
import { resolveJobValue } from '@aedile/core/templates/resolve-job'

/** Resolves a run's job from the pool's template, the deployment's and the run's job variables. */
export async function resolveRunJob(
  parts: { client: ApiClient; templates: TemplateCache; environment: Record<string, string> },
  run: RunContext & { workPool: WorkPool },
): Promise<Job> {
  const layers = { deployment: run.deployment?.job_variables ?? null, flowRun: run.flowRun.job_variables ?? null }
  const options = { lookup: lookupThrough(parts.client, { includeSecrets: true }), environment: parts.environment }
  return resolveJobValue(parts.templates.of(run.workPool), layers, options)
}
