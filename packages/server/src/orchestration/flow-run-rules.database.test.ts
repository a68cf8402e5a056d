import { randomUUID } from 'node:crypto'
import { type FlowRunPolicy, flowRunPolicy } from '@aedile/core/resources/flow-run'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { insertDeployment, insertFlow, insertRun, propose, readRun } from '../testing/flow-runs.ts'
import { openTestWorkspace, type TestWorkspace } from '../testing/workspace.ts'
import type { StateDraft } from './run-state.ts'

let testing: TestWorkspace
let flowId: string
let deploymentId: string
beforeAll(async () => {
  testing = await openTestWorkspace()
  flowId = await insertFlow(testing.workspace)
  deploymentId = (await insertDeployment(testing.workspace, flowId)).id
})
afterAll(() => testing.close())

const inSeconds = (seconds: number) => formatTimestamp(nowMicroseconds() + seconds * 1_000_000)
const KEPT = { type: 'reference', storage_key: 'a' }
const LATER = { scheduled_time: inSeconds(3600) }

type Row = {
  rule: string
  title: string
  run?: { deployed?: boolean; pid?: string; policy?: Partial<FlowRunPolicy>; runCount?: number; parent?: boolean }
  from: StateDraft[]
  to: StateDraft
  force?: boolean
  expect: {
    status: string
    type: string | null
    name?: string
    message?: string | null
    reason?: string | null
    created?: boolean
  }
}

const accept = (type: string, name?: string) => ({ status: 'ACCEPT', type, name, created: true })
const holds = (status: string, type: string, reason: string) => ({ status, type, reason, created: false })
const replaced = (type: string, reason: string, rest: { name?: string; message?: string | null } = {}) => ({
  status: 'REJECT',
  type,
  reason,
  created: true,
  ...rest,
})

const TERMINAL = ['COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED'] as const
const NOT_CANCELLED = ['SCHEDULED', 'PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CRASHED', 'PAUSED', 'CANCELLING'] as const

const rows: Row[] = [
  ...TERMINAL.flatMap((from) =>
    (['CANCELLING', 'PAUSED', 'CRASHED'] as const).map(
      (to): Row => ({
        rule: '3a',
        title: `${from} does not become ${to}`,
        from: [{ type: 'RUNNING' }, { type: from }],
        to: { type: to },
        expect: holds('ABORT', from, `Run is already in terminal state ${from}.`),
      }),
    ),
  ),
  {
    rule: '3b',
    title: 'COMPLETED with a result is not run again',
    from: [{ type: 'RUNNING' }, { type: 'COMPLETED', data: KEPT }],
    to: { type: 'RUNNING' },
    expect: holds('REJECT', 'COMPLETED', 'Run is already COMPLETED.'),
  },
  {
    rule: '3b',
    title: 'COMPLETED with an unpersisted result may run again',
    from: [{ type: 'RUNNING' }, { type: 'COMPLETED', data: { type: 'unpersisted' } }],
    to: { type: 'RUNNING' },
    expect: accept('RUNNING', 'Running'),
  },
  {
    rule: '3c',
    title: 'COMPLETED with a result is not replaced by one without',
    from: [{ type: 'RUNNING' }, { type: 'COMPLETED', data: KEPT }],
    to: { type: 'COMPLETED' },
    expect: holds(
      'REJECT',
      'COMPLETED',
      'Cannot overwrite a COMPLETED state that carries persisted result data with one that does not.',
    ),
  },
  {
    rule: '3c',
    title: 'not even by force',
    from: [{ type: 'RUNNING' }, { type: 'COMPLETED', data: KEPT }],
    to: { type: 'COMPLETED' },
    force: true,
    expect: holds(
      'REJECT',
      'COMPLETED',
      'Cannot overwrite a COMPLETED state that carries persisted result data with one that does not.',
    ),
  },
  {
    rule: '3d',
    title: 'a finished run without a deployment is not scheduled',
    from: [{ type: 'FAILED' }],
    to: { type: 'SCHEDULED' },
    expect: holds('ABORT', 'FAILED', 'Cannot reschedule a run without an associated deployment.'),
  },
  {
    rule: '3e',
    title: 'a finished run of a deployment is scheduled again',
    run: { deployed: true },
    from: [{ type: 'FAILED' }],
    to: { type: 'SCHEDULED' },
    expect: accept('SCHEDULED', 'Scheduled'),
  },
  ...NOT_CANCELLED.map(
    (to): Row => ({
      rule: '4',
      title: `CANCELLING does not become ${to}`,
      from: [{ type: 'RUNNING' }, { type: 'CANCELLING' }],
      to: { type: to },
      expect: holds('REJECT', 'CANCELLING', 'Cannot transition flows that are cancelling to a state other than Cancelled.'),
    }),
  ),
  {
    rule: '4',
    title: 'CANCELLING becomes CANCELLED',
    from: [{ type: 'CANCELLING' }],
    to: { type: 'CANCELLED' },
    expect: accept('CANCELLED'),
  },
  {
    rule: '5a',
    title: 'SCHEDULED without a pid is CANCELLED at once',
    from: [{ type: 'SCHEDULED' }],
    to: { type: 'CANCELLING' },
    expect: replaced('CANCELLED', 'Scheduled flow run has no infrastructure to terminate.', { name: 'Cancelled', message: null }),
  },
  {
    rule: '5a',
    title: 'SCHEDULED with a pid stays CANCELLING',
    run: { pid: '4711' },
    from: [{ type: 'SCHEDULED', name: 'AwaitingRetry' }],
    to: { type: 'CANCELLING' },
    expect: accept('CANCELLING'),
  },
  {
    rule: '5a',
    title: 'Resuming is CANCELLED at once, also with a pid',
    run: { pid: '4711' },
    from: [{ type: 'SCHEDULED', name: 'Resuming' }],
    to: { type: 'CANCELLING' },
    force: true,
    expect: replaced('CANCELLED', 'Scheduled flow run has no infrastructure to terminate.'),
  },
  {
    rule: '5b',
    title: 'a suspended run is CANCELLED at once',
    run: { deployed: true },
    from: [{ type: 'RUNNING' }, { type: 'PAUSED', name: 'Suspended', details: { pause_reschedule: true } }],
    to: { type: 'CANCELLING' },
    expect: replaced('CANCELLED', 'Suspended flow run has no infrastructure to terminate.'),
  },
  {
    rule: '5b',
    title: 'a run paused in its process becomes CANCELLING, also when the pause has timed out',
    from: [{ type: 'RUNNING' }, { type: 'PAUSED', details: { pause_timeout: inSeconds(-10) } }],
    to: { type: 'CANCELLING' },
    expect: accept('CANCELLING'),
  },
  {
    rule: '6a',
    title: 'PENDING becomes PENDING of another name',
    from: [{ type: 'PENDING' }],
    to: { type: 'PENDING', name: 'Submitting' },
    expect: accept('PENDING', 'Submitting'),
  },
  ...(['PENDING', 'RUNNING', 'CANCELLED'] as const).map(
    (from): Row => ({
      rule: '6b',
      title: `${from} does not become Pending`,
      from: [{ type: from }],
      to: { type: 'PENDING' },
      expect: holds('ABORT', from, `This run is in a ${from} state and cannot transition to a PENDING state.`),
    }),
  ),
  {
    rule: '6b',
    title: 'Submitting does not become Pending again',
    from: [{ type: 'PENDING', name: 'Submitting' }],
    to: { type: 'PENDING' },
    expect: holds('ABORT', 'PENDING', 'This run is in a PENDING state and cannot transition to a PENDING state.'),
  },
  ...(['COMPLETED', 'FAILED', 'CRASHED'] as const).map(
    (from): Row => ({
      rule: '6b',
      title: `${from} may become PENDING`,
      from: [{ type: from }],
      to: { type: 'PENDING' },
      expect: accept('PENDING'),
    }),
  ),
  {
    rule: '10',
    title: 'a running run is not marked late',
    from: [{ type: 'RUNNING' }],
    to: { type: 'SCHEDULED', name: 'Late' },
    expect: holds('REJECT', 'RUNNING', 'Only scheduled flows can be marked late.'),
  },
  {
    rule: '10',
    title: 'a late run is not marked late again',
    from: [{ type: 'SCHEDULED', name: 'Late' }],
    to: { type: 'SCHEDULED', name: 'Late' },
    expect: holds('REJECT', 'SCHEDULED', 'This flow run is already marked late.'),
  },
  {
    rule: '11',
    title: 'a run without a state does not pause',
    from: [],
    to: { type: 'PAUSED' },
    expect: { status: 'ABORT', type: null, reason: 'Cannot pause flows with no state.', created: false },
  },
  {
    rule: '11',
    title: 'only a running run pauses',
    from: [{ type: 'PENDING' }],
    to: { type: 'PAUSED' },
    expect: holds('REJECT', 'PENDING', 'Cannot pause flows that are not currently running.'),
  },
  {
    rule: '11',
    title: 'a pause fires once',
    run: { policy: { pause_keys: ['1'] } },
    from: [{ type: 'RUNNING' }],
    to: { type: 'PAUSED', details: { pause_key: '1' } },
    expect: holds('REJECT', 'RUNNING', 'This pause has already fired.'),
  },
  {
    rule: '11',
    title: 'a subflow is not suspended',
    run: { parent: true, deployed: true },
    from: [{ type: 'RUNNING' }],
    to: { type: 'PAUSED', name: 'Suspended', details: { pause_reschedule: true } },
    expect: holds('ABORT', 'RUNNING', 'Cannot suspend subflows.'),
  },
  {
    rule: '11',
    title: 'a run without a deployment is not suspended',
    from: [{ type: 'RUNNING' }],
    to: { type: 'PAUSED', name: 'Suspended', details: { pause_reschedule: true } },
    expect: holds('ABORT', 'RUNNING', 'Cannot suspend flows without a deployment.'),
  },
  {
    rule: '12',
    title: 'PAUSED does not become PENDING',
    from: [{ type: 'RUNNING' }, { type: 'PAUSED' }],
    to: { type: 'PENDING' },
    expect: holds(
      'REJECT',
      'PAUSED',
      'This run cannot transition to the StateType.PENDING state from the StateType.PAUSED state.',
    ),
  },
  {
    rule: '12',
    title: 'a pause that has timed out fails the run',
    from: [{ type: 'RUNNING' }, { type: 'PAUSED', details: { pause_timeout: inSeconds(-10) } }],
    to: { type: 'RUNNING' },
    expect: replaced('FAILED', 'The flow run pause has timed out and can no longer resume.', {
      message: 'The flow was running and never resumed.',
    }),
  },
  {
    rule: '14',
    title: 'a run that is due in an hour waits',
    from: [{ type: 'SCHEDULED', details: LATER }],
    to: { type: 'RUNNING' },
    expect: holds('WAIT', 'SCHEDULED', 'Scheduled time is in the future'),
  },
  {
    rule: '15',
    title: 'a failed run with retries left waits for its retry',
    run: { policy: { retries: 1, retry_delay: 5 } },
    from: [{ type: 'PENDING' }, { type: 'RUNNING' }],
    to: { type: 'FAILED', message: 'boom' },
    expect: replaced('SCHEDULED', 'Retrying', { name: 'AwaitingRetry', message: 'boom' }),
  },
  {
    rule: '15',
    title: 'a failed run without retries fails',
    run: { policy: { retries: 1 }, runCount: 2 },
    from: [{ type: 'RUNNING' }],
    to: { type: 'FAILED' },
    expect: accept('FAILED'),
  },
]

describe.each(rows)('rule $rule', (row) => {
  test(row.title, async () => {
    const { workspace } = testing
    const { deployed, pid, policy, runCount, parent } = row.run ?? {}
    const id = await insertRun(
      workspace,
      flowId,
      {
        deployment_id: deployed ? deploymentId : null,
        parent_task_run_id: parent ? randomUUID() : null,
        infrastructure_pid: pid ?? null,
        empirical_policy: flowRunPolicy.parse(policy ?? {}),
        ...(runCount === undefined ? {} : { run_count: runCount }),
      },
      ...row.from,
    )
    const answer = await propose(workspace, id, row.to, row.force ? { force: true } : {})
    expect({ status: answer.status, type: answer.state?.type ?? null, created: answer.created }).toEqual({
      status: row.expect.status,
      type: row.expect.type,
      created: row.expect.created,
    })
    if (row.expect.reason !== undefined) expect(answer.reason).toBe(row.expect.reason)
    if (row.expect.name !== undefined) expect(answer.state?.name).toBe(row.expect.name)
    if (row.expect.message !== undefined) expect(answer.state?.message).toBe(row.expect.message)
    expect((await readRun(workspace, id)).state_id).toBe(answer.state?.id ?? null)
  })
})

test('rule 2: the same transition again is refused and the state stays', async () => {
  const { workspace } = testing
  const id = await insertRun(workspace, flowId, {}, { type: 'PENDING' })
  const running = { type: 'RUNNING', details: { transition_id: randomUUID() } } as const
  const first = await propose(workspace, id, running)
  const second = await propose(workspace, id, running)
  expect(second).toMatchObject({ status: 'REJECT', reason: 'This run has already made this state transition.', created: false })
  expect(second.state?.id).toBe(first.state?.id)
})

test('rule 3e: leaving a final state forgets the pauses and keeps the run count', async () => {
  const { workspace } = testing
  const policy = flowRunPolicy.parse({ pause_keys: ['1'], resuming: true })
  const run = { deployment_id: deploymentId, empirical_policy: policy, run_count: 3 }
  const id = await insertRun(workspace, flowId, run, { type: 'FAILED' })
  await propose(workspace, id, 'SCHEDULED')
  const row = await readRun(workspace, id)
  expect(JSON.parse(row.empirical_policy)).toMatchObject({ pause_keys: [], resuming: false, retry_type: 'reschedule' })
  expect(row).toMatchObject({ retry_type: 'reschedule', run_count: 3, end_time: null })
})

test('rule 15: the retry is hidden from workers and keeps the delay', async () => {
  const { workspace } = testing
  const policy = flowRunPolicy.parse({ retries: 2, retry_delay: 60 })
  const id = await insertRun(workspace, flowId, { empirical_policy: policy }, { type: 'PENDING' }, { type: 'RUNNING' })
  const before = nowMicroseconds()
  await propose(workspace, id, 'FAILED')
  const row = await readRun(workspace, id)
  expect(row.retry_type).toBe('in_process')
  expect(row.next_scheduled_start_time).toBeGreaterThanOrEqual(before + 60_000_000)
})

test('going on after a pause in the process counts as a run, and the mark of it goes with the next state', async () => {
  const { workspace } = testing
  const id = await insertRun(workspace, flowId, {}, { type: 'PENDING' })
  const policy = async () => JSON.parse((await readRun(workspace, id)).empirical_policy)
  await propose(workspace, id, 'RUNNING')
  await propose(workspace, id, { type: 'PAUSED', details: { pause_key: '1' } })
  await propose(workspace, id, 'RUNNING')
  expect((await readRun(workspace, id)).run_count).toBe(2)
  expect(await policy()).toMatchObject({ pause_keys: ['1'], resuming: true })
  await propose(workspace, id, 'COMPLETED')
  expect(await policy()).toMatchObject({ pause_keys: ['1'], resuming: false })
})

test('going on after a suspension is the same run', async () => {
  const { workspace } = testing
  const suspended = { type: 'PAUSED', name: 'Suspended', details: { pause_reschedule: true } } as const
  const id = await insertRun(workspace, flowId, { deployment_id: deploymentId }, { type: 'PENDING' })
  await propose(workspace, id, 'RUNNING')
  expect((await propose(workspace, id, suspended)).status).toBe('ACCEPT')
  await propose(workspace, id, { type: 'SCHEDULED', name: 'Resuming' })
  await propose(workspace, id, 'PENDING')
  await propose(workspace, id, 'RUNNING')
  expect((await readRun(workspace, id)).run_count).toBe(1)
})

test('the columns follow the states', async () => {
  const { workspace } = testing
  const due = inSeconds(-30)
  const id = await insertRun(workspace, flowId, {}, { type: 'SCHEDULED', details: { scheduled_time: due } })
  expect(formatTimestamp((await readRun(workspace, id)).next_scheduled_start_time!)).toBe(due)
  await propose(workspace, id, 'PENDING')
  await propose(workspace, id, 'RUNNING')
  const completed = await propose(workspace, id, { type: 'COMPLETED', data: KEPT })
  const row = await readRun(workspace, id)
  expect(row).toMatchObject({ state_type: 'COMPLETED', next_scheduled_start_time: null, run_count: 1 })
  expect(formatTimestamp(row.expected_start_time!)).toBe(due)
  expect(row.total_run_time).toBe(row.end_time! - row.start_time!)
  expect(completed.state).toMatchObject({ data: KEPT, state_details: { flow_run_id: id } })
  const states = await workspace.store.db
    .selectFrom('flow_run_state')
    .selectAll()
    .where('flow_run_id', '=', id)
    .orderBy('timestamp')
    .execute()
  expect(states.map((state) => state.name)).toEqual(['Scheduled', 'Pending', 'Running', 'Completed'])
  expect(states.at(-1)!.result_artifact_id).not.toBeNull()
  const outbox = await workspace.store.db
    .selectFrom('outbox')
    .selectAll()
    .where('kind', '=', 'flow-run-state')
    .orderBy('sequence')
    .execute()
  const own = outbox.map((entry) => JSON.parse(entry.payload)).filter((payload) => payload.run_id === id)
  expect(own.map((payload) => payload.validated_state.id)).toEqual(states.map((state) => state.id))
})
