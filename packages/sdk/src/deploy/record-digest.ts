import type { ApiClient } from '@aedile/core/client/client'
import { createDeployment, readDeployment } from '@aedile/core/client/deployments'
import { IMAGE_DIGEST_LABEL } from '@aedile/core/image-builder'

/**
 * Writes the digest of a deployment's image into its labels, which its runs take over; null takes it away. Labels change
 * only by creating the deployment again, which keeps its id but makes its schedules anew: so only for a new digest.
 */
export async function recordDigest(client: ApiClient, id: string, digest: string | null): Promise<void> {
  const deployment = await readDeployment(client, id)
  const { name, flow_id, labels, schedules, paused, parameters, tags } = deployment
  const { [IMAGE_DIGEST_LABEL]: known = null, ...others } = labels ?? {}
  if (known === digest) return
  await createDeployment(client, {
    name,
    flow_id,
    paused,
    // A genuine server empties what these do not say.
    parameters,
    tags,
    enforce_parameter_schema: deployment.enforce_parameter_schema,
    parameter_openapi_schema: deployment.parameter_openapi_schema,
    labels: digest === null ? others : { ...others, [IMAGE_DIGEST_LABEL]: digest },
    schedules: schedules.map(({ schedule, active, parameters, slug, max_scheduled_runs }) => {
      return { schedule, active, parameters, slug, max_scheduled_runs }
    }),
  })
}
