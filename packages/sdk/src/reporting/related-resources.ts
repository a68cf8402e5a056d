import type { ApiClient } from '@aedile/core/client/client'
import { readDeployment } from '@aedile/core/client/deployments'
import { readWorkPool } from '@aedile/core/client/work-pools'
import { readWorkQueueById } from '@aedile/core/client/work-queues'
import type { FlowRun } from '@aedile/core/resources/flow-run'

export type RelatedResource = Record<string, string>

/**
 * What every event of a flow run is related to: the run, its flow, deployment, work queue and work pool, then their tags.
 * Looked up once per run; a resource that cannot be read is left out, for an event without it is better than none.
 */
export async function readRelatedResources(
  client: ApiClient,
  flowRun: FlowRun,
  flowName: string,
  tell: (sentence: string) => void,
): Promise<RelatedResource[]> {
  const look = async <T>(kind: string, read: Promise<T> | null): Promise<T | null> => {
    try {
      return await read
    } catch (error) {
      tell(`The ${kind} of the run cannot be read, its events do not name it: ${String(error)}`)
      return null
    }
  }
  const [deployment, queue, pool] = await Promise.all([
    look('deployment', flowRun.deployment_id ? readDeployment(client, flowRun.deployment_id) : null),
    look('work queue', flowRun.work_queue_id ? readWorkQueueById(client, flowRun.work_queue_id) : null),
    look('work pool', flowRun.work_pool_name ? readWorkPool(client, flowRun.work_pool_name) : null),
  ])
  const related = [flowRunResource(flowRun), resource('flow', flowRun.flow_id, flowName)]
  if (deployment) related.push(resource('deployment', deployment.id, deployment.name))
  if (queue) related.push(resource('work-queue', queue.id, queue.name))
  if (pool) related.push(resource('work-pool', pool.id, pool.name))
  const tags = new Set([...flowRun.tags, ...(deployment?.tags ?? [])])
  return [...related, ...[...tags].sort().map(tagResource)]
}

/** The flow run itself, as other events name it. */
export function flowRunResource(flowRun: { id: string; name: string }): RelatedResource {
  return resource('flow-run', flowRun.id, flowRun.name)
}

/** A tag, as events name it. */
export function tagResource(tag: string): RelatedResource {
  return { 'prefect.resource.id': `prefect.tag.${tag}`, 'prefect.resource.role': 'tag' }
}

function resource(kind: string, id: string, name: string): RelatedResource {
  return { 'prefect.resource.id': `prefect.${kind}.${id}`, 'prefect.resource.role': kind, 'prefect.resource.name': name }
}
