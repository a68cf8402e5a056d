import type { ApiClient } from '@aedile/core/client/client'
import { filterWorkPools, readWorkPool } from '@aedile/core/client/work-pools'
import { isAedileError } from '@aedile/core/errors'
import { findNearest } from '@aedile/core/nearest'
import type { WorkPool } from '@aedile/core/resources/work-pool'
import { CliFailure, EXIT_CODES } from '../failure.ts'

/** Finds the pool of a deployment; when there is none of this name, the error tells the nearest or how to make it. */
export async function findWorkPool(client: ApiClient, name: string, where: string): Promise<WorkPool> {
  try {
    const pool = await readWorkPool(client, name)
    if (pool.type !== 'prefect-agent') return pool
    throw new CliFailure(`${where}: work pool ${name} is for agents, which run no deployments of this kind. Choose another pool.`)
  } catch (error) {
    if (!isAedileError(error, 'api_not_found')) throw error
    const known = (await filterWorkPools(client, { limit: 200 })).map((pool) => pool.name)
    const nearest = findNearest(name, known)
    const advice = nearest ? `Did you mean ${nearest}?` : `Make it: aedile work-pool create ${name} --type process`
    throw new CliFailure(`${where}: there is no work pool ${name}. ${advice}`, EXIT_CODES.notFound.code)
  }
}
