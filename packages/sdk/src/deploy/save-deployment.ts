import type { ApiClient } from '@aedile/core/client/client'
import { createDeployment, readDeploymentByName, updateDeployment } from '@aedile/core/client/deployments'
import { createFlow } from '@aedile/core/client/flows'
import { isAedileError } from '@aedile/core/errors'
import { IMAGE_DIGEST_LABEL } from '@aedile/core/image-builder'
import type { DeploymentUpdate } from '@aedile/core/resources/deployment'
import type { DeploymentBody } from './build-deployment.ts'
import { recordDigest } from './record-digest.ts'

/**
 * Creates the deployment, or brings the one of this name up to date. Returns its id. `digest` is that of the image that was
 * pushed for it.
 */
export async function saveDeployment(
  client: ApiClient,
  flowName: string,
  body: DeploymentBody,
  digest: string | null = null,
): Promise<string> {
  const id = await findDeployment(client, flowName, body.name)
  if (id === null) {
    const flow = await createFlow(client, { name: flowName })
    const labels = { ...body.labels, ...(digest === null ? {} : { [IMAGE_DIGEST_LABEL]: digest }) }
    return (await createDeployment(client, { ...body, labels, flow_id: flow.id })).id
  }
  const { name: _, labels: __, schedules, ...update } = body
  // No schedules given leaves alone those that the deployment has, as a genuine client does.
  const changed = { ...update, ...(schedules && schedules.length > 0 ? { schedules } : {}) }
  await updateDeployment(client, id, changed as DeploymentUpdate)
  await recordDigest(client, id, digest)
  return id
}

async function findDeployment(client: ApiClient, flowName: string, name: string): Promise<string | null> {
  try {
    return (await readDeploymentByName(client, flowName, name)).id
  } catch (error) {
    if (isAedileError(error, 'api_not_found')) return null
    throw error
  }
}
