import { taskRunCreate } from '@aedile/core/resources/task-run'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTaskRun } from '../http/task-runs/create-task-run.ts'
import { SERVER_FACTS } from '../orchestration/client-facts.ts'
import { buildState } from '../orchestration/run-state.ts'
import { insertDeployment, insertFlow, insertRun, propose, readRun } from '../testing/flow-runs.ts'
import { openTestWorkspace, type TestWorkspace } from '../testing/workspace.ts'
import { CancellationCleaner } from './cancellation-cleaner.ts'
import { LateRunMarker } from './late-run-marker.ts'
import { PauseExpirer } from './pause-expirer.ts'

let testing: TestWorkspace
let flowId: string
beforeEach(async () => {
  testing = await openTestWorkspace()
  flowId = await insertFlow(testing.workspace)
})
afterEach(() => testing.close())

const never = new AbortController().signal
const inSeconds = (seconds: number) => formatTimestamp(nowMicroseconds() + seconds * 1_000_000)
const stateName = async (id: string) => (await readRun(testing.workspace, id)).state_name

test('a run that nobody took for 15 seconds is late; retries, waiting runs and younger ones are not', async () => {
  const { workspace } = testing
  const schedule = (seconds: number, name?: string) =>
    insertRun(workspace, flowId, {}, { type: 'SCHEDULED', name: name ?? null, details: { scheduled_time: inSeconds(seconds) } })
  const due = await schedule(-16)
  const before = await readRun(workspace, due)
  const others = [await schedule(-5), await schedule(-60, 'AwaitingRetry'), await schedule(-60, 'AwaitingConcurrencySlot')]
  await new LateRunMarker(workspace).runOnce(never)
  expect(await stateName(due)).toBe('Late')
  expect((await readRun(workspace, due)).next_scheduled_start_time).toBe(before.next_scheduled_start_time)
  expect(await Promise.all(others.map(stateName))).toEqual(['Scheduled', 'AwaitingRetry', 'AwaitingConcurrencySlot'])
})

test('a pause that has run out fails the run, another one stays', async () => {
  const { workspace } = testing
  const pause = (seconds: number) =>
    insertRun(workspace, flowId, {}, { type: 'RUNNING' }, { type: 'PAUSED', details: { pause_timeout: inSeconds(seconds) } })
  const [over, open] = [await pause(-1), await pause(60)]
  await new PauseExpirer(workspace).runOnce(never)
  expect([await stateName(over), await stateName(open)]).toEqual(['Failed', 'Paused'])
})

test('what belongs to a cancelled run is cancelled: its tasks, its subflows, and those with a deployment are told to stop', async () => {
  const { workspace } = testing
  const parent = await insertRun(workspace, flowId, {}, { type: 'RUNNING' })
  const task = async (key: string) => {
    const body = taskRunCreate.parse({ flow_run_id: parent, task_key: key, dynamic_key: '0' })
    return (await workspace.store.write((t) => createTaskRun(t, body, buildState({ type: 'RUNNING' }), SERVER_FACTS))).id
  }
  const plain = await task('plain')
  const { id: deployment_id } = await insertDeployment(workspace, flowId)
  const inner = await insertRun(workspace, flowId, { parent_task_run_id: await task('a') }, { type: 'RUNNING' })
  const deployed = await insertRun(workspace, flowId, { parent_task_run_id: await task('b'), deployment_id }, { type: 'RUNNING' })
  await propose(workspace, parent, 'CANCELLED')
  await new CancellationCleaner(workspace).runOnce(never)
  const taskRun = await workspace.store.db.selectFrom('task_run').select('state_type').where('id', '=', plain).executeTakeFirst()
  expect(taskRun?.state_type).toBe('CANCELLED')
  expect([await stateName(inner), await stateName(deployed)]).toEqual(['Cancelled', 'Cancelling'])
})
