import type { ApiConnection } from '../load/api-connection.ts'

/** The least template of a process pool: a command. A pool that a worker makes has the worker's own. */
const TEMPLATE = {
  job_configuration: { command: '{{ command }}' },
  variables: { type: 'object', properties: { command: { type: 'string' } } },
}

/** Creates a process pool. */
export async function createPool(api: ApiConnection, name: string): Promise<void> {
  await api.expect('POST', '/work_pools/', { name, type: 'process', base_job_template: TEMPLATE })
}

/** Creates a deployment on a pool, and gives its id. */
export async function createDeployment(api: ApiConnection, pool: string, jobVariables: object): Promise<string> {
  const flow = await api.expect<{ id: string }>('POST', '/flows/', { name: 'bench' })
  const deployment = await api.expect<{ id: string }>('POST', '/deployments/', {
    name: 'bench',
    flow_id: flow.id,
    work_pool_name: pool,
    job_variables: jobVariables,
  })
  return deployment.id
}
