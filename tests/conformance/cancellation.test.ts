import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../support/network.ts'
import { ask, readAll, stateNames, triggerRun, waitForRun } from './api.ts'
import { hasGenuine, type ServerUnderTest, startGenuineServer, startGenuineWorker, title } from './genuine.ts'
import { startOurServer, startOurWorker } from './ours.ts'
import { runPrefect } from './prefect-session.ts'

describe.skipIf(!hasGenuine)(title('A running flow that the genuine command cancels'), () => {
  let ours: ServerUnderTest
  let genuine: ServerUnderTest
  beforeAll(async () => {
    ;[ours, genuine] = await Promise.all([startOurServer(), startGenuineServer()])
    await Promise.all([prepare(ours.apiUrl), prepare(genuine.apiUrl)])
  })
  afterAll(async () => {
    await Promise.all([ours?.stop(), genuine?.stop()])
  })

  test('is Cancelled and gone with our worker on our server', () =>
    cancelRunning(ours.apiUrl, startOurWorker, ['Cancelling', 'Cancelled']))
  test('is Cancelled and gone with a genuine worker on our server', () =>
    cancelRunning(ours.apiUrl, startGenuineWorker, ['Cancelling', 'Cancelled']))
  test('is Cancelled and gone with our worker on a genuine server', () =>
    // The engine says Crashed when it is told to end, and a genuine server takes it.
    cancelRunning(genuine.apiUrl, startOurWorker, ['Cancelling', 'Crashed', 'Cancelled']))
})

async function prepare(apiUrl: string): Promise<void> {
  await ask(apiUrl, 'POST', '/work_pools/', { name: 'conformance', type: 'process' })
  await runPrefect(apiUrl, [['deploy', '--all', '--prefect-file', 'prefect-sleeping.yaml']])
}

async function cancelRunning(apiUrl: string, startWorker: typeof startOurWorker, states: string[]): Promise<void> {
  const worker = startWorker(apiUrl, 'conformance')
  const id = await triggerRun(apiUrl, 'sleeping/pooled')
  try {
    await waitForRun(apiUrl, id, 60, ['RUNNING'])
    await until('the flow is asleep', async () => (await messagesOf(apiUrl, id)).includes('asleep'), 30)
    expect((await processesOf(id)).length).toBeGreaterThan(0)
    expect(await runPrefect(apiUrl, [['flow-run', 'cancel', id]])).toEqual([
      expect.stringContaining('scheduled for cancellation'),
    ])
    await waitForRun(apiUrl, id, 60, ['CANCELLED'])
    if (startWorker === startOurWorker) expect(await processesOf(id)).toEqual([])
    else await until('the engine is gone', async () => (await enginesOf(id)).length === 0, 20)
    const names = await stateNames(apiUrl, id)
    expect(names.slice(names.indexOf('Running') + 1)).toEqual(states)
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${worker.output()}`)
  } finally {
    await worker.stop()
    for (const { pid } of await processesOf(id)) process.kill(pid, 'SIGKILL')
  }
}

async function messagesOf(apiUrl: string, id: string): Promise<string[]> {
  const logs = await readAll(apiUrl, '/logs/filter', { sort: 'TIMESTAMP_ASC', logs: { flow_run_id: { any_: [id] } } })
  return logs.map((log) => log.message as string)
}

type Process = { pid: number; command: string }

/** The processes that run for a flow run: both workers name it in the environment. */
async function processesOf(id: string): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const all = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
      if (!environment.includes(`PREFECT__FLOW_RUN_ID=${id}`)) return []
      return [
        { pid: Number(pid), command: (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ') },
      ]
    }),
  )
  return all.flat()
}

/** Without what the flow started by itself: a genuine worker leaves that behind. */
async function enginesOf(id: string): Promise<Process[]> {
  return (await processesOf(id)).filter(({ command }) => !command.startsWith('sleep '))
}
