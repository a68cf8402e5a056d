import { randomUUID } from 'node:crypto'
import { LEASE_SECONDS, MAX_LAPSES, UNATTENDED_SECONDS } from '@aedile/core/attempts/messages'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AttemptWatcher } from '../../services/attempt-watcher.ts'
import { CancellationCleaner } from '../../services/cancellation-cleaner.ts'
import { attemptClient, insertFlow, insertRun, propose, readRun } from '../../testing/flow-runs.ts'
import { openTestWorkspace, type TestWorkspace } from '../../testing/workspace.ts'
import {
  endAttempt,
  intendAttempt,
  recordAttempt,
  removeAttempt,
  reportAttempt,
  showAttemptStatus,
  takeOverAttempt,
} from './attend-attempt.ts'
import { listOpenAttempts } from './list-attempts.ts'
import { renewWorkerLease } from './renew-lease.ts'

let testing: TestWorkspace
let flowId: string
beforeEach(async () => {
  testing = await openTestWorkspace()
  flowId = await insertFlow(testing.workspace)
})
afterEach(() => testing.close())

const HANDLE = { target: 'host-1', name: 'x' }
const WORKER = 'worker-1'
const never = new AbortController().signal
const schedule = () => insertRun(testing.workspace, flowId, {}, { type: 'SCHEDULED' })

/** The claim as our worker sends it: its own key as the transition's id and in the header. */
const claim = (id: string, key: string, worker = WORKER) =>
  propose(testing.workspace, id, { type: 'PENDING', details: { transition_id: key } }, { client: attemptClient(key, worker) })

const readAttempt = (key: string) =>
  testing.workspace.store.db.selectFrom('flow_run_attempt').selectAll().where('key', '=', key).executeTakeFirstOrThrow()

/** Moves all times of the attempts into the past, as if so many seconds had gone by. */
async function letPass(seconds: number) {
  await testing.workspace.store.write(async ({ db }) => {
    const micros = seconds * 1_000_000
    await db
      .updateTable('flow_run_attempt')
      .set((eb) => ({
        lease_expires: eb('lease_expires', '-', micros),
        unattended_since: eb('unattended_since', '-', micros),
      }))
      .execute()
  })
}

async function watch(): Promise<AttemptWatcher> {
  const watcher = new AttemptWatcher(testing.workspace)
  await watcher.runOnce(never)
  return watcher
}

async function startedRun(key = randomUUID()) {
  const { workspace } = testing
  const id = await schedule()
  await claim(id, key)
  await intendAttempt(workspace, key, WORKER, HANDLE)
  await recordAttempt(workspace, key, WORKER, { ...HANDLE, native: { pid: 1 } })
  await propose(workspace, id, 'RUNNING', { client: attemptClient(key) })
  return { id, key }
}

test('of two workers that claim at once exactly one gets the run', async () => {
  const id = await schedule()
  const keys = [randomUUID(), randomUUID()]
  const answers = await Promise.all(keys.map((key, index) => claim(id, key, `worker-${index}`)))
  expect(answers.map((answer) => answer.status).sort()).toEqual(['ABORT', 'ACCEPT'])
  const winner = keys[answers.findIndex((answer) => answer.status === 'ACCEPT')]!
  expect((await readRun(testing.workspace, id)).attempt_key).toBe(winner)
  const attempts = await testing.workspace.store.db.selectFrom('flow_run_attempt').select(['key', 'phase']).execute()
  expect(attempts).toEqual([{ key: winner, phase: 'claimed' }])
})

test('of two genuine workers that claim at once exactly one gets the run, and no attempt exists', async () => {
  const { workspace } = testing
  const id = await schedule()
  const pending = () => propose(workspace, id, { type: 'PENDING', details: { transition_id: randomUUID() } })
  const answers = await Promise.all([pending(), pending(), pending()])
  expect(answers.map((answer) => answer.status).sort()).toEqual(['ABORT', 'ABORT', 'ACCEPT'])
  expect((await readRun(workspace, id)).attempt_key).toBeNull()
  expect(await workspace.store.db.selectFrom('flow_run_attempt').selectAll().execute()).toEqual([])
})

test('a claim whose answer was lost is repeated and gets the same answer', async () => {
  const id = await schedule()
  const key = randomUUID()
  const first = await claim(id, key)
  const second = await claim(id, key)
  expect(second).toMatchObject({ status: 'ACCEPT', created: false })
  expect(second.state).toEqual(first.state)
})

test('a claim that comes late begins nothing again', async () => {
  const { workspace } = testing
  const { id, key } = await startedRun()
  expect((await claim(id, key)).status).toBe('ABORT')
  await propose(workspace, id, 'COMPLETED', { client: attemptClient(key) })
  expect((await claim(id, key)).status).toBe('ABORT')
  expect((await readRun(workspace, id)).state_type).toBe('COMPLETED')
})

test('a claim clears the pid of the attempt before', async () => {
  const { workspace } = testing
  const id = await insertRun(workspace, flowId, { infrastructure_pid: '4711' }, { type: 'SCHEDULED' })
  await claim(id, randomUUID())
  expect((await readRun(workspace, id)).infrastructure_pid).toBeNull()
})

test('the life of an attempt, step by step, each repeated message as good as one', async () => {
  const { workspace } = testing
  const { key } = await startedRun()
  const steps = [
    () => recordAttempt(workspace, key, WORKER, HANDLE),
    () => endAttempt(workspace, key, WORKER, { kind: 'exited', exitCode: 0 }),
    () => reportAttempt(workspace, key, WORKER),
    () => removeAttempt(workspace, key, WORKER),
  ]
  const phases = []
  for (const step of steps) {
    const { phase } = await step()
    expect((await step()).phase).toBe(phase)
    phases.push(phase)
  }
  expect(phases).toEqual(['started', 'ended', 'reported', 'removed'])
  expect(await listOpenAttempts(workspace.store, { name: WORKER })).toEqual([])
})

test('an intent after a cancellation is refused', async () => {
  const { workspace } = testing
  const id = await schedule()
  const key = randomUUID()
  await claim(id, key)
  const cancelled = await propose(workspace, id, 'CANCELLING')
  expect(cancelled).toMatchObject({ status: 'REJECT', state: { type: 'CANCELLED' } })
  expect((await readRun(workspace, id)).attempt_key).toBeNull()
  await expect(intendAttempt(workspace, key, WORKER, HANDLE)).rejects.toMatchObject({ code: 'attempt_refused' })
})

test('a cancellation after the intent waits until the thing is gone, and the worker is told', async () => {
  const { workspace } = testing
  const { id, key } = await startedRun()
  expect((await propose(workspace, id, 'CANCELLING')).state?.type).toBe('CANCELLING')
  const lease = await renewWorkerLease(workspace, { pool: 'p', worker: WORKER, targets: [], attempts: [key] })
  expect(lease).toMatchObject({ held: [key], lost: [], cancelling: [{ flow_run_id: id, attempt: key }] })
  await workspace.store.write(({ db }) => db.updateTable('flow_run').set({ state_timestamp: 1 }).where('id', '=', id).execute())
  await new CancellationCleaner(workspace).runOnce(never)
  expect((await readRun(workspace, id)).state_type).toBe('CANCELLING')
  // A child may say so of itself, but what it started lives on.
  const own = await propose(workspace, id, 'CANCELLED', { client: attemptClient(key), force: true })
  expect(own.result).toMatchObject({ status: 'REJECT', state: { type: 'CANCELLING' } })
  await endAttempt(workspace, key, WORKER, { kind: 'stopped' })
  await propose(workspace, id, 'CANCELLED', { client: attemptClient(key) })
  expect((await readRun(workspace, id)).state_type).toBe('CANCELLED')
})

test('a cancellation that no genuine worker carried out ends after five minutes', async () => {
  const { workspace } = testing
  const id = await insertRun(workspace, flowId, { infrastructure_pid: '1' }, { type: 'RUNNING' }, { type: 'CANCELLING' })
  await workspace.store.write(({ db }) => db.updateTable('flow_run').set({ state_timestamp: 1 }).where('id', '=', id).execute())
  await new CancellationCleaner(workspace).runOnce(never)
  expect((await readRun(workspace, id)).state_type).toBe('CANCELLED')
})

test("while a run is being cancelled its own child's crash is left out, and anyone else may force it", async () => {
  const { id, key } = await startedRun()
  await propose(testing.workspace, id, 'CANCELLING')
  const own = await propose(testing.workspace, id, 'CRASHED', { client: attemptClient(key), force: true })
  expect(own).toMatchObject({ status: 'REJECT', state: { type: 'CANCELLING' } })
  const other = await propose(testing.workspace, id, 'CRASHED', { force: true })
  expect(other).toMatchObject({ status: 'ACCEPT', state: { type: 'CRASHED' } })
})

test('a proposal of another attempt is refused, forced or not, and names both keys', async () => {
  const { workspace } = testing
  const { id, key } = await startedRun()
  const stale = randomUUID()
  for (const force of [false, true]) {
    const answer = await propose(workspace, id, 'CRASHED', { client: attemptClient(stale), force })
    expect(answer.status).toBe('ABORT')
    expect(answer.reason).toContain(stale)
    expect(answer.reason).toContain(key)
  }
  expect((await propose(workspace, id, 'COMPLETED', { client: attemptClient(key) })).status).toBe('ACCEPT')
})

test('what an attempt says after its run left the final state is refused', async () => {
  const { workspace } = testing
  const { id, key } = await startedRun()
  await propose(workspace, id, 'FAILED', { client: attemptClient(key) })
  await propose(workspace, id, 'SCHEDULED', { force: true })
  expect((await propose(workspace, id, 'RUNNING', { client: attemptClient(key) })).status).toBe('ABORT')
})

test('an engine inside a plain command says Running again, and it is the same run', async () => {
  const { workspace } = testing
  const { id, key } = await startedRun()
  expect((await propose(workspace, id, 'RUNNING', { client: attemptClient(key) })).status).toBe('ACCEPT')
  expect((await readRun(workspace, id)).run_count).toBe(1)
})

test('a lapsed claim sends the run back to the queue, and the third in a row crashes it', async () => {
  const { workspace } = testing
  const id = await schedule()
  const watcher = await watch()
  for (let lapse = 1; lapse <= MAX_LAPSES; lapse += 1) {
    const key = randomUUID()
    expect((await claim(id, key)).status).toBe('ACCEPT')
    await letPass(LEASE_SECONDS + 1)
    await watcher.runOnce(never)
    expect((await readAttempt(key)).phase).toBe('lapsed')
    const run = await readRun(workspace, id)
    expect(run).toMatchObject({ attempt_key: null, lapses: lapse })
    expect(run.state_type).toBe(lapse < MAX_LAPSES ? 'SCHEDULED' : 'CRASHED')
    await expect(intendAttempt(workspace, key, WORKER, HANDLE)).rejects.toMatchObject({ code: 'attempt_refused' })
    if (lapse < MAX_LAPSES) expect((await claim(id, key)).status).toBe('ABORT')
  }
})

test('a server that starts gives every lease a full term', async () => {
  const id = await schedule()
  const key = randomUUID()
  await claim(id, key)
  await letPass(LEASE_SECONDS + 1)
  await watch()
  expect((await readAttempt(key)).phase).toBe('claimed')
})

test("a genuine worker's run has no lease that could run out", async () => {
  const { workspace } = testing
  const id = await schedule()
  await propose(workspace, id, { type: 'PENDING', details: { transition_id: randomUUID() } })
  const watcher = await watch()
  await watcher.runOnce(never)
  expect((await readRun(workspace, id)).state_type).toBe('PENDING')
})

test('without a renewal an attempt is unattended, and of two workers that take it over one gets it', async () => {
  const { workspace } = testing
  const watcher = await watch()
  const { id, key } = await startedRun()
  await letPass(LEASE_SECONDS + 1)
  await watcher.runOnce(never)
  expect(await readAttempt(key)).toMatchObject({ phase: 'unattended', phase_before: 'started' })
  expect((await readRun(workspace, id)).state_type).toBe('RUNNING')
  await expect(takeOverAttempt(workspace, key, 'elsewhere', ['host-2'])).rejects.toMatchObject({ code: 'attempt_refused' })
  const taken = await Promise.allSettled(['a', 'b'].map((name) => takeOverAttempt(workspace, key, name, ['host-1'])))
  expect(taken.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected'])
  expect((await readAttempt(key)).phase).toBe('started')
  await expect(recordAttempt(workspace, key, WORKER, HANDLE)).rejects.toMatchObject({ code: 'attempt_refused' })
})

test('a worker that comes back before anyone took over goes on as if nothing was', async () => {
  const { workspace } = testing
  const watcher = await watch()
  const { key } = await startedRun()
  await letPass(LEASE_SECONDS + 1)
  await watcher.runOnce(never)
  const lease = await renewWorkerLease(workspace, { pool: 'p', worker: WORKER, targets: [], attempts: [key] })
  expect(lease.held).toEqual([key])
  expect((await readAttempt(key)).phase).toBe('started')
})

test('a run that nobody attends is given up after five minutes, with the reason', async () => {
  const { workspace } = testing
  const watcher = await watch()
  const { id, key } = await startedRun()
  await letPass(LEASE_SECONDS + 1)
  await watcher.runOnce(never)
  await letPass(UNATTENDED_SECONDS + 1)
  await watcher.runOnce(never)
  const run = await readRun(workspace, id)
  expect(run.state_type).toBe('CRASHED')
  const state = await workspace.store.db
    .selectFrom('flow_run_state')
    .selectAll()
    .where('id', '=', run.state_id!)
    .executeTakeFirstOrThrow()
  expect(state.message).toContain(`worker ${WORKER} is gone since`)
  expect((await readAttempt(key)).phase).toBe('unattended')
})

test('a run whose child is still heard of is not given up', async () => {
  const { workspace } = testing
  const watcher = await watch()
  const { id } = await startedRun()
  await letPass(LEASE_SECONDS + 1)
  await watcher.runOnce(never)
  await letPass(UNATTENDED_SECONDS + 1)
  const now = await workspace.store.clock()
  await workspace.store.write(({ db }) => db.updateTable('flow_run').set({ child_heard_at: now }).where('id', '=', id).execute())
  await watcher.runOnce(never)
  expect((await readRun(workspace, id)).state_type).toBe('RUNNING')
})

test('a suspended run outlives the loss of its worker, and what its attempt says late is refused', async () => {
  const { workspace } = testing
  const watcher = await watch()
  const { id, key } = await startedRun()
  await propose(workspace, id, { type: 'PAUSED', name: 'Suspended', details: { pause_reschedule: true } }, { force: true })
  await letPass(LEASE_SECONDS + 1)
  await watcher.runOnce(never)
  await letPass(UNATTENDED_SECONDS + 1)
  await watcher.runOnce(never)
  expect(await readRun(workspace, id)).toMatchObject({ state_type: 'PAUSED', attempt_key: null })
  expect((await propose(workspace, id, 'CRASHED', { client: attemptClient(key) })).status).toBe('ABORT')
})

test('a run whose state was reported is not given up when its worker is lost before the removal', async () => {
  const { workspace } = testing
  const watcher = await watch()
  const { id, key } = await startedRun()
  await endAttempt(workspace, key, WORKER, { kind: 'exited' })
  await reportAttempt(workspace, key, WORKER)
  await letPass(LEASE_SECONDS + 1)
  await watcher.runOnce(never)
  await letPass(UNATTENDED_SECONDS + 1)
  await watcher.runOnce(never)
  expect((await readRun(workspace, id)).state_type).toBe('RUNNING')
  expect((await takeOverAttempt(workspace, key, 'other', ['host-1'])).phase).toBe('reported')
})

test('a run is queued again where the deployment says so', async () => {
  const { workspace } = testing
  const watcher = await watch()
  const { id, key } = await startedRun()
  const labels = JSON.stringify({ 'aedile.on-worker-loss': 'reschedule' })
  await workspace.store.write(({ db }) => db.updateTable('flow_run').set({ labels }).where('id', '=', id).execute())
  await letPass(LEASE_SECONDS + 1)
  await watcher.runOnce(never)
  await letPass(UNATTENDED_SECONDS + 1)
  await watcher.runOnce(never)
  expect(await readRun(workspace, id)).toMatchObject({ state_type: 'SCHEDULED', attempt_key: null })
  expect((await propose(workspace, id, 'COMPLETED', { client: attemptClient(key) })).status).toBe('ABORT')
})

test('progress is shown on the run, with the time since which it lasts', async () => {
  const { workspace } = testing
  const id = await schedule()
  const key = randomUUID()
  await claim(id, key)
  const status = async () => JSON.parse((await readRun(workspace, id)).infrastructure_status!)
  await showAttemptStatus(workspace, key, WORKER, { phase: 'pulling', detail: '10 %' })
  const { since } = await status()
  await showAttemptStatus(workspace, key, WORKER, { phase: 'pulling', detail: '90 %' })
  expect(await status()).toEqual({ phase: 'pulling', detail: '90 %', since })
})
