import { readWorkPool } from '@aedile/core/client/work-pools'
import { AedileError } from '@aedile/core/errors'
import type { FlowDefinition } from '../definition.ts'
import { openSession } from '../session.ts'
import { readSessionSettings } from '../shared-session.ts'
import { buildDeployment, IMAGE_FOLDER, setWorkingDirectoryStep } from './build-deployment.ts'
import { buildFlowImage, checkImagePool } from './build-flow-image.ts'
import { checkJobVariables } from './check-job-variables.ts'
import type { DeployOptions } from './deploy-options.ts'
import { saveDeployment } from './save-deployment.ts'

/** Makes a deployment that the workers of a pool run. Returns its id. */
export async function deployFlow(definition: FlowDefinition, options: DeployOptions): Promise<string> {
  const settings = readSessionSettings()
  if (settings.apiUrl === null) throw new AedileError('api_url_missing', { what: 'Deploying a flow' })
  const { client, tell } = await openSession(settings, { serverRequired: true })
  // A pool that does not exist is told before anything is made.
  const pool = await readWorkPool(client!, options.workPool)
  if (options.image !== undefined) checkImagePool(pool)
  for (const warning of checkJobVariables(options.jobVariables ?? {}, pool, options.allowUnknownVariables ?? false)) tell(warning)
  const folder = process.cwd()
  const body = await buildDeployment(definition, options, folder)
  const { entrypoint } = body
  const image = options.image === undefined ? null : await buildFlowImage(options.image, { folder, entrypoint, tell })
  const directory = image ? image.directory || IMAGE_FOLDER : folder
  const parts = {
    ...body,
    path: null,
    work_pool_name: pool.name,
    work_queue_name: options.workQueue ?? null,
    job_variables: { ...options.jobVariables, ...(image ? { image: image.image } : {}) },
    pull_steps: options.pullSteps ?? [setWorkingDirectoryStep(directory)],
  }
  const id = await saveDeployment(client!, definition.name, parts, image?.digest ?? null)
  tell(`${definition.name}/${body.name} is deployed to the work pool ${pool.name}.`)
  return id
}
