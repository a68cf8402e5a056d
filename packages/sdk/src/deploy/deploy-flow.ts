import { readWorkPool } from '@aedile/core/client/work-pools'
import { AedileError } from '@aedile/core/errors'
import type { FlowDefinition } from '../definition.ts'
import { openSession } from '../session.ts'
import { readSessionSettings } from '../shared-session.ts'
import { buildDeployment, setWorkingDirectoryStep } from './build-deployment.ts'
import { checkJobVariables } from './check-job-variables.ts'
import type { DeployOptions } from './deploy-options.ts'
import { saveDeployment } from './save-deployment.ts'

/** Makes a deployment that the workers of a pool run. Returns its id. */
export async function deployFlow(definition: FlowDefinition, options: DeployOptions): Promise<string> {
  if (options.image !== undefined) throw new AedileError('image_unsupported', { package: '@aedile/docker' })
  const settings = readSessionSettings()
  if (settings.apiUrl === null) throw new AedileError('api_url_missing', { what: 'Deploying a flow' })
  const { client, tell } = await openSession(settings, { serverRequired: true })
  // A pool that does not exist is told before anything is made.
  const pool = await readWorkPool(client!, options.workPool)
  for (const warning of checkJobVariables(options.jobVariables ?? {}, pool, options.allowUnknownVariables ?? false)) tell(warning)
  const folder = process.cwd()
  const body = await buildDeployment(definition, options, folder)
  const id = await saveDeployment(client!, definition.name, {
    ...body,
    path: null,
    work_pool_name: pool.name,
    work_queue_name: options.workQueue ?? null,
    job_variables: options.jobVariables ?? {},
    pull_steps: options.pullSteps ?? [setWorkingDirectoryStep(folder)],
  })
  tell(`${definition.name}/${body.name} is deployed to the work pool ${pool.name}.`)
  return id
}
