import type { ApiClient } from '@aedile/core/client/client'
import { filterDeployments, readDeployment, readDeploymentByName } from '@aedile/core/client/deployments'
import { filterFlows } from '@aedile/core/client/flows'
import { isAedileError } from '@aedile/core/errors'
import { findNearest } from '@aedile/core/nearest'
import type { Deployment } from '@aedile/core/resources/deployment'
import { CliFailure, EXIT_CODES } from '../failure.ts'

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Finds a deployment by `FLOW/NAME` or by id; when there is none of this name, the error tells the nearest. */
export async function findDeployment(client: ApiClient, given: string): Promise<Deployment> {
  try {
    if (UUID.test(given)) return await readDeployment(client, given)
    const [flow, name, ...rest] = given.split('/')
    if (!flow || !name || rest.length > 0) {
      throw new CliFailure(`A deployment is named FLOW/NAME, found ${JSON.stringify(given)}.`, EXIT_CODES.usage.code)
    }
    return await readDeploymentByName(client, flow, name)
  } catch (error) {
    if (!isAedileError(error, 'api_not_found')) throw error
    const nearest = findNearest(
      given,
      (await listDeployments(client)).map(({ fullName }) => fullName),
    )
    throw new CliFailure(
      `There is no deployment ${given}.${nearest ? ` Did you mean ${nearest}?` : ' List them: aedile deployment ls'}`,
      EXIT_CODES.notFound.code,
    )
  }
}

/** All deployments with their full names, in order of these. */
export async function listDeployments(client: ApiClient): Promise<{ fullName: string; deployment: Deployment }[]> {
  const deployments: Deployment[] = []
  for (let page: Deployment[] = []; deployments.length === 0 || page.length === 200; ) {
    page = await filterDeployments(client, { limit: 200, offset: deployments.length })
    deployments.push(...page)
    if (page.length === 0) break
  }
  const ids = [...new Set(deployments.map((one) => one.flow_id))]
  const names = new Map<string, string>()
  for (let from = 0; from < ids.length; from += 200) {
    const flows = await filterFlows(client, { flows: { id: { any_: ids.slice(from, from + 200) } }, limit: 200 })
    for (const flow of flows) names.set(flow.id, flow.name)
  }
  return deployments
    .map((deployment) => ({ fullName: `${names.get(deployment.flow_id)}/${deployment.name}`, deployment }))
    .sort((a, b) => (a.fullName < b.fullName ? -1 : 1))
}
