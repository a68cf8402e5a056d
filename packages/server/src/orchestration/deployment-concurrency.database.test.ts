import { afterEach, beforeEach, expect, test } from 'vitest'
import { releaseExpiredLease } from '../dispatch/leases.ts'
import { GENUINE, insertDeployment, insertFlow, insertRun, propose, readRun } from '../testing/flow-runs.ts'
import { openTestWorkspace, type TestWorkspace } from '../testing/workspace.ts'
import { parseVersion } from './client-facts.ts'
import { markLateRunsPolicy } from './rules/index.ts'
import { buildState } from './run-state.ts'
import { setFlowRunState } from './set-flow-run-state.ts'

let testing: TestWorkspace
let flowId: string
beforeEach(async () => {
  testing = await openTestWorkspace()
  flowId = await insertFlow(testing.workspace)
})
afterEach(() => testing.close())

const activeSlots = async (limitId: string) => {
  const limits = testing.workspace.store.db.selectFrom('concurrency_limit').select('active_slots')
  return (await limits.where('id', '=', limitId).executeTakeFirstOrThrow()).active_slots
}
const leases = () => testing.workspace.store.db.selectFrom('concurrency_lease').selectAll().execute()

async function deploy(options: { limit?: number; strategy?: 'ENQUEUE' | 'CANCEL_NEW' }) {
  const { id, limitId } = await insertDeployment(testing.workspace, flowId, options)
  const schedule = () => insertRun(testing.workspace, flowId, { deployment_id: id }, { type: 'SCHEDULED' })
  return { limitId: limitId!, schedule }
}

test('a slot is taken at Pending, held by a lease, and given back at the end', async () => {
  const { workspace } = testing
  const { limitId, schedule } = await deploy({ limit: 1 })
  const id = await schedule()
  const pending = await propose(workspace, id, 'PENDING')
  const lease = pending.state?.state_details.deployment_concurrency_lease_id
  expect(await activeSlots(limitId)).toBe(1)
  expect(await leases()).toMatchObject([{ id: lease, slots: 1 }])
  const submitting = await propose(workspace, id, { type: 'PENDING', name: 'Submitting' })
  expect(submitting.state?.state_details.deployment_concurrency_lease_id).toBe(lease)
  const running = await propose(workspace, id, 'RUNNING')
  expect(running.state?.state_details.deployment_concurrency_lease_id).toBe(lease)
  await propose(workspace, id, 'COMPLETED')
  expect(await activeSlots(limitId)).toBe(0)
  expect(await leases()).toEqual([])
})

test('without a free slot the run waits, or is cancelled when the deployment says so', async () => {
  const { workspace } = testing
  const waiting = await deploy({ limit: 1, strategy: 'ENQUEUE' })
  await propose(workspace, await waiting.schedule(), 'PENDING')
  expect(await propose(workspace, await waiting.schedule(), 'PENDING')).toMatchObject({
    status: 'REJECT',
    reason: 'Deployment concurrency limit reached.',
    state: { type: 'SCHEDULED', name: 'AwaitingConcurrencySlot' },
  })
  const cancelling = await deploy({ limit: 1, strategy: 'CANCEL_NEW' })
  await propose(workspace, await cancelling.schedule(), 'PENDING')
  expect(await propose(workspace, await cancelling.schedule(), 'PENDING')).toMatchObject({
    status: 'REJECT',
    state: { type: 'CANCELLED', message: 'Deployment concurrency limit reached.' },
  })
})

test('a limit of 0 and a missing deployment abort', async () => {
  const { workspace } = testing
  const { schedule } = await deploy({ limit: 0 })
  expect(await propose(workspace, await schedule(), 'PENDING')).toMatchObject({
    status: 'ABORT',
    reason: 'The deployment concurrency limit is 0. The flow will deadlock if submitted again.',
  })
  const id = await insertRun(workspace, flowId, { deployment_id: flowId }, { type: 'SCHEDULED' })
  expect(await propose(workspace, id, 'PENDING')).toMatchObject({ status: 'ABORT', reason: 'Deployment not found.' })
})

test('of many claims at once as many get a slot as there are', async () => {
  const { workspace } = testing
  const { limitId, schedule } = await deploy({ limit: 3 })
  const ids = await Promise.all(Array.from({ length: 8 }, schedule))
  const answers = await Promise.all(ids.map((id) => propose(workspace, id, 'PENDING')))
  expect(answers.filter((answer) => answer.status === 'ACCEPT')).toHaveLength(3)
  expect(await activeSlots(limitId)).toBe(3)
  expect(await leases()).toHaveLength(3)
})

test('a run whose lease ran out takes a new slot at Running, or is cancelled when there is none', async () => {
  const { workspace } = testing
  const { limitId, schedule } = await deploy({ limit: 1 })
  const expireAll = () =>
    workspace.store.write(async (transaction) => {
      await transaction.db.updateTable('concurrency_lease').set({ expires: 1 }).execute()
      for (const { id } of await transaction.db.selectFrom('concurrency_lease').select('id').execute()) {
        await releaseExpiredLease(transaction, id)
      }
    })
  const first = await schedule()
  const lease = (await propose(workspace, first, 'PENDING')).state?.state_details.deployment_concurrency_lease_id
  await expireAll()
  expect(await activeSlots(limitId)).toBe(0)
  const running = await propose(workspace, first, 'RUNNING')
  expect(running.status).toBe('ACCEPT')
  expect(running.state?.state_details.deployment_concurrency_lease_id).not.toBe(lease)
  await propose(workspace, first, 'COMPLETED')

  const second = await schedule()
  await propose(workspace, second, 'PENDING')
  await expireAll()
  await propose(workspace, await schedule(), 'PENDING')
  expect(await propose(workspace, second, 'RUNNING')).toMatchObject({
    status: 'REJECT',
    reason: 'Deployment concurrency limit reached after lease expiry.',
    state: { type: 'CANCELLED' },
  })
})

test('an old client keeps its slot without a lease until the end', async () => {
  const { workspace } = testing
  const { limitId, schedule } = await deploy({ limit: 1 })
  const client = { ...GENUINE, clientVersion: parseVersion('3.4.10') }
  const id = await schedule()
  await propose(workspace, id, 'PENDING', { client })
  await propose(workspace, id, 'RUNNING', { client })
  expect(await leases()).toEqual([])
  expect(await activeSlots(limitId)).toBe(1)
  await propose(workspace, id, 'COMPLETED', { client })
  expect(await activeSlots(limitId)).toBe(0)
})

test('a retry in the process keeps slot and lease, a pause gives both back', async () => {
  const { workspace } = testing
  const { id: deploymentId, limitId } = await insertDeployment(workspace, flowId, { limit: 2 })
  const policy = {
    max_retries: 0,
    retry_delay_seconds: 0,
    retries: 1,
    retry_delay: 0,
    pause_keys: [],
    resuming: false,
    retry_type: null,
  }
  const id = await insertRun(workspace, flowId, { deployment_id: deploymentId, empirical_policy: policy }, { type: 'SCHEDULED' })
  await propose(workspace, id, 'PENDING')
  await propose(workspace, id, 'RUNNING')
  expect((await propose(workspace, id, 'FAILED')).state?.name).toBe('AwaitingRetry')
  expect(await activeSlots(limitId!)).toBe(1)
  await propose(workspace, id, 'RUNNING')
  await propose(workspace, id, 'PAUSED')
  expect(await activeSlots(limitId!)).toBe(0)
  expect(await leases()).toEqual([])
})

test('a late run of a full deployment that cancels what is new is cancelled', async () => {
  const { workspace } = testing
  const { schedule } = await deploy({ limit: 1, strategy: 'CANCEL_NEW' })
  await propose(workspace, await schedule(), 'PENDING')
  const late = await schedule()
  const proposed = buildState({ type: 'SCHEDULED', name: 'Late' })
  const answer = await setFlowRunState(workspace, { flowRunId: late, proposed, policy: markLateRunsPolicy })
  expect(answer.result).toMatchObject({ status: 'REJECT', state: { type: 'CANCELLED' } })
  expect((await readRun(workspace, late)).state_type).toBe('CANCELLED')
})
