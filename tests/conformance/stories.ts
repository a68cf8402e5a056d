import { ask, type Row, readDeployment, triggerRun, waitForRun } from './api.ts'
import { runPrefect, runPython, startGenuineWorker, startPython } from './genuine.ts'

/** A story that a genuine client tells to a server, from its begin to its end. */
export type Story = (apiUrl: string) => Promise<void>

/** Flows that a script calls. */
export const called: Story = async (apiUrl) => {
  await runPython(['stories.py', 'called'], apiUrl)
}

/** A flow that a process serves, until it is interrupted. Its schedules are paused then. */
export const served: Story = async (apiUrl) => {
  const serving = startPython(['stories.py', 'served'], apiUrl)
  try {
    const run = await triggerRun(apiUrl, 'story/served', { parameters: { n: 1 } })
    await waitForRun(apiUrl, run)
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${serving.output()}`)
  } finally {
    await serving.stop()
  }
}

/** Deployments of a prefect.yaml on a process pool, run by a genuine worker. */
export const deployed: Story = async (apiUrl) => {
  await deployToPool(apiUrl)
  await runDeployed(apiUrl, () => startGenuineWorker(apiUrl, 'conformance'))
}

/** Makes the pool and the deployments with the genuine commands. */
export async function deployToPool(apiUrl: string): Promise<void> {
  await runPrefect(['work-pool', 'create', 'conformance', '--type', 'process'], apiUrl)
  await runPrefect(['--no-prompt', 'deploy', '--all'], apiUrl)
}

/** Runs both deployments, the first with a parameter and a name of its own, by a worker. */
export async function runDeployed(
  apiUrl: string,
  startWorker: () => { output: () => string; stop: () => Promise<void> },
): Promise<{ completed: Row; failed: Row }> {
  const worker = startWorker()
  try {
    const first = await triggerRun(apiUrl, 'story/pooled', { name: 'by_hand', parameters: { n: 1 }, tags: ['asked'] })
    const completed = await waitForRun(apiUrl, first)
    const second = await triggerRun(apiUrl, 'failing/pooled-failing')
    const failed = await waitForRun(apiUrl, second)
    return { completed, failed }
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${worker.output()}`)
  } finally {
    await worker.stop()
  }
}

