import { updateDeployment } from '@aedile/core/client/deployments'
import { AedileError } from '@aedile/core/errors'
import type { FlowDefinition } from '../definition.ts'
import { buildDeployment } from '../deploy/build-deployment.ts'
import { saveDeployment } from '../deploy/save-deployment.ts'
import { openSession } from '../session.ts'
import { readSessionSettings } from '../shared-session.ts'
import { Runner } from './runner.ts'
import type { ServeOptions } from './serve-options.ts'

/** Makes a deployment of the flow and runs it from here until the process is told to end. */
export async function serveFlow(definition: FlowDefinition, options: ServeOptions): Promise<void> {
  const settings = readSessionSettings()
  if (settings.apiUrl === null) throw new AedileError('api_url_missing', { what: 'Serving a flow' })
  const { client: connected, tell, cancellations } = await openSession(settings, { serverRequired: true })
  const client = connected!
  const body = await buildDeployment(definition, options, process.cwd())
  // Explicitly no pool: a deployment that had one is taken away from its workers.
  const id = await saveDeployment(client, definition.name, { ...body, work_pool_name: null, pull_steps: null })
  const stop = new AbortController()
  const runner = new Runner({
    client,
    cancellations: cancellations!,
    deploymentId: id,
    limit: options.limit ?? Number.POSITIVE_INFINITY,
    pollSeconds: settings.runnerPollSeconds,
    environment: { AEDILE_API_URL: settings.apiUrl },
    tell,
  })
  const end = () => stop.abort(new Error('the process was told to end'))
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
  options.signal?.addEventListener('abort', end, { once: true })
  tell(`Serving ${definition.name}/${body.name}. Start a run with: aedile deployment run ${definition.name}/${body.name}`)
  try {
    await runner.run(stop.signal)
  } finally {
    process.off('SIGTERM', end)
    process.off('SIGINT', end)
    if (options.pauseOnShutdown ?? true) {
      tell(`Pausing ${definition.name}/${body.name}.`)
      await updateDeployment(client, id, { paused: true })
    }
    await runner.shutDown()
  }
}
