import { isJsonObject } from '@aedile/core/json'
import type { Transaction } from '../store/store.ts'

/** How long a deployment's slot is held for infrastructure that has not started yet, when the deployment does not say. */
const INITIAL_LEASE_SECONDS = 300

/** A deployment's limit on its runs at a time. */
export type DeploymentLimit = {
  limitId: string
  limit: number
  activeSlots: number
  collisionStrategy: 'ENQUEUE' | 'CANCEL_NEW'
  graceSeconds: number
}

/** Reads a deployment's limit: null without a limit, undefined when there is no such deployment. Source: WC 4.8. */
export async function readDeploymentLimit(
  transaction: Transaction,
  deploymentId: string,
): Promise<DeploymentLimit | null | undefined> {
  const row = await transaction.db
    .selectFrom('deployment')
    .leftJoin('concurrency_limit', 'concurrency_limit.id', 'deployment.concurrency_limit_id')
    .select([
      'concurrency_limit.id as limitId',
      'concurrency_limit.limit as limit',
      'concurrency_limit.active_slots as activeSlots',
      'deployment.concurrency_options as options',
    ])
    .where('deployment.id', '=', deploymentId)
    .executeTakeFirst()
  if (row === undefined) return undefined
  if (row.limitId === null || row.limit === null) return null
  const options: unknown = row.options === null ? null : JSON.parse(row.options)
  const given = isJsonObject(options) ? options : {}
  return {
    limitId: row.limitId,
    limit: row.limit,
    activeSlots: row.activeSlots ?? 0,
    collisionStrategy: given.collision_strategy === 'CANCEL_NEW' ? 'CANCEL_NEW' : 'ENQUEUE',
    graceSeconds: typeof given.grace_period_seconds === 'number' ? given.grace_period_seconds : INITIAL_LEASE_SECONDS,
  }
}
