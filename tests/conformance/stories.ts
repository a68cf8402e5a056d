import { dockerDefinition } from '@aedile/docker/definition'
import { ask, type Row, triggerRun, waitForEvents, waitForRun } from './api.ts'
import type { Running } from './commands.ts'
import { runPython, startGenuineWorker, startPython } from './genuine.ts'
import { runNode, startNode, startOurWorker } from './ours.ts'
import { runPrefect } from './prefect-session.ts'

/** A story that a client tells to a server, from its begin to its end. */
export type Story = (apiUrl: string) => Promise<void>

const POOL = 'conformance'

/** Python flows that a script calls. */
export const called: Story = async (apiUrl) => void (await runPython(['stories.py', 'called'], apiUrl))

/** TypeScript flows that a script calls. */
export const calledInTypeScript: Story = async (apiUrl) => void (await runNode(['stories.ts', 'called'], apiUrl))

/** A Python flow that a process serves, until it is interrupted. */
export const served: Story = (apiUrl) => runServed(apiUrl, () => startPython(['stories.py', 'served'], apiUrl))

/** A TypeScript flow that a process serves, until it is interrupted. */
export const servedInTypeScript: Story = (apiUrl) => runServed(apiUrl, () => startNode(['stories.ts', 'served'], apiUrl))

/** Deployments of a prefect.yaml on a process pool, run by a genuine worker. */
export const deployed: Story = async (apiUrl) => {
  await deployPython(apiUrl)
  await runDeployed(apiUrl, () => startGenuineWorker(apiUrl, POOL))
}

/** The same deployments, run by our worker. */
export const deployedToOurs: Story = async (apiUrl) => {
  await deployPython(apiUrl)
  await runDeployed(apiUrl, () => startOurWorker(apiUrl, POOL))
}

/** Deployments that a TypeScript file makes, run by our worker. */
export const deployedInTypeScript: Story = async (apiUrl) => {
  await ask(apiUrl, 'POST', '/work_pools/', { name: POOL, type: 'process' })
  await runNode(['stories.ts', 'deployed'], apiUrl)
  await runDeployed(apiUrl, () => startOurWorker(apiUrl, POOL))
}

/** A plain shell command on a process pool, once with success and once without, run by our worker. */
export const commanded: Story = async (apiUrl) => {
  await ask(apiUrl, 'POST', '/work_pools/', { name: POOL, type: 'process' })
  const flow = (await ask(apiUrl, 'POST', '/flows/', { name: 'command' })) as Row
  const command = "sh -c 'echo one; echo two >&2; exit $CODE'"
  await ask(apiUrl, 'POST', '/deployments/', {
    name: 'plain',
    flow_id: flow.id,
    work_pool_name: POOL,
    job_variables: { command, env: { CODE: '0' } },
  })
  const worker = startOurWorker(apiUrl, POOL)
  await ending(worker, async () => {
    await waitForRun(apiUrl, await triggerRun(apiUrl, 'command/plain'))
    await waitForRun(apiUrl, await triggerRun(apiUrl, 'command/plain', { job_variables: { env: { CODE: '3' } } }))
    await waitForEvents(apiUrl, 'prefect.worker.executed-flow-run', 2)
  })
}

/** Plain commands in containers of this engine, run by our worker; of the second one no container can be made. */
export function contained(host: string): Story {
  return async (apiUrl) => {
    const { defaultBaseJobTemplate: base_job_template } = dockerDefinition
    await ask(apiUrl, 'POST', '/work_pools/', { name: POOL, type: 'docker', base_job_template })
    const flow = (await ask(apiUrl, 'POST', '/flows/', { name: 'command' })) as Row
    const job_variables = { command: 'sleep 0.2', image: 'aedile-test/busybox:1', auto_remove: true }
    await ask(apiUrl, 'POST', '/deployments/', { name: 'boxed', flow_id: flow.id, work_pool_name: POOL, job_variables })
    await ending(startOurWorker(apiUrl, POOL, { DOCKER_HOST: host }), async () => {
      await waitForRun(apiUrl, await triggerRun(apiUrl, 'command/boxed'))
      const missing = { image: 'aedile-test/none:1', image_pull_policy: 'Never' }
      await waitForRun(apiUrl, await triggerRun(apiUrl, 'command/boxed', { job_variables: missing }))
      await waitForEvents(apiUrl, 'prefect.worker.executed-flow-run', 2)
    })
  }
}

async function deployPython(apiUrl: string): Promise<void> {
  await runPrefect(apiUrl, [
    ['work-pool', 'create', POOL, '--type', 'process'],
    ['deploy', '--all'],
  ])
}

async function runServed(apiUrl: string, serve: () => Running): Promise<void> {
  await ending(serve(), async () => {
    await waitForRun(apiUrl, await triggerRun(apiUrl, 'story/served', { parameters: { n: 1 } }))
  })
}

/** Runs both deployments one after the other, the first with parameters, a tag and a name of its own. */
async function runDeployed(apiUrl: string, startWorker: () => Running): Promise<void> {
  await ending(startWorker(), async () => {
    const first = { name: 'by_hand', parameters: { n: 1 }, tags: ['asked'] }
    await waitForRun(apiUrl, await triggerRun(apiUrl, 'story/pooled', first))
    await waitForRun(apiUrl, await triggerRun(apiUrl, 'failing/pooled-failing'))
    // Only then are the children gone, with all that they had to say.
    await waitForEvents(apiUrl, 'prefect.worker.executed-flow-run', 2)
  })
}

/** Does something while a program runs, and ends the program; a failure tells what it wrote. */
async function ending(running: Running, meanwhile: () => Promise<void>): Promise<void> {
  try {
    await meanwhile()
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${running.output()}`)
  } finally {
    await running.stop()
  }
}
