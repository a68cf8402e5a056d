import { randomUUID } from 'node:crypto'
import { nowMicroseconds } from '@aedile/core/time'
import type { Kysely } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Database } from '../store/tables.ts'
import { openTestWorkspace, type TestWorkspace } from '../testing/workspace.ts'
import { RetentionKeeper } from './retention-keeper.ts'

const DAY = 86_400_000_000
let opened: TestWorkspace

beforeEach(async () => {
  opened = await openTestWorkspace({ runRetentionDays: 10, auditRetentionDays: 10 })
})
afterEach(() => opened.close())

async function insertRun(db: Kysely<Database>, name: string, state_type: string, daysAgo: number): Promise<void> {
  const now = nowMicroseconds()
  const stored = { created: now, updated: now }
  const flow = { ...stored, id: randomUUID(), name: `flow of ${name}`, tags: '[]', labels: '{}' }
  await db.insertInto('flow').values(flow).execute()
  await db
    .insertInto('flow_run')
    .values({
      ...stored,
      id: randomUUID(),
      name,
      flow_id: flow.id,
      parameters: '{}',
      context: '{}',
      empirical_policy: '{}',
      tags: '[]',
      labels: '{}',
      state_type,
      state_name: state_type,
      run_count: 1,
      total_run_time: 0,
      auto_scheduled: 0,
      lapses: 0,
      end_time: now - daysAgo * DAY,
    } as Database['flow_run'])
    .execute()
}

it('deletes finished runs and audit rows that are older than their retention, and nothing else', async () => {
  const { store } = opened.workspace
  await store.write(async ({ db }) => {
    await insertRun(db, 'old', 'COMPLETED', 11)
    await insertRun(db, 'young', 'FAILED', 9)
    await insertRun(db, 'unfinished', 'RUNNING', 11)
    const row = { principal: 'anonymous', action: 'create', resource: 'flow' }
    const rows = [11, 9].map((days) => ({ ...row, request_id: `${days} days`, created: nowMicroseconds() - days * DAY }))
    await db.insertInto('audit').values(rows).execute()
  })
  await new RetentionKeeper(opened.workspace).runOnce(new AbortController().signal)
  const runs = await store.db.selectFrom('flow_run').select('name').orderBy('name').execute()
  expect(runs.map(({ name }) => name)).toEqual(['unfinished', 'young'])
  const audit = await store.db.selectFrom('audit').select('request_id').execute()
  expect(audit).toEqual([{ request_id: '9 days' }])
})

it('deletes the counters and cursors of runs that are gone, and keeps those of runs and lines that are there', async () => {
  const { store } = opened.workspace
  const [gone, withLines] = [randomUUID(), randomUUID()]
  const kept = await store.write(async ({ db }) => {
    await insertRun(db, 'young', 'RUNNING', 1)
    const { id } = await db.selectFrom('flow_run').select('id').executeTakeFirstOrThrow()
    const counters = [gone, withLines, id].map((flow_run_id) => ({ flow_run_id, last: 7 }))
    await db.insertInto('log_counter').values(counters).execute()
    await db.insertInto('output_cursor').values({ attempt_key: randomUUID(), cursor: '{}' }).execute()
    const now = nowMicroseconds()
    const line = { id: randomUUID(), created: now, name: 'x', level: 20, message: 'x', timestamp: now, sequence: 7 }
    await db
      .insertInto('log')
      .values({ ...line, flow_run_id: withLines, task_run_id: null })
      .execute()
    return [withLines, id].sort()
  })
  await new RetentionKeeper(opened.workspace).runOnce(new AbortController().signal)
  const counters = await store.db.selectFrom('log_counter').select('flow_run_id').orderBy('flow_run_id').execute()
  expect(counters.map(({ flow_run_id }) => flow_run_id)).toEqual(kept)
  expect(await store.db.selectFrom('output_cursor').selectAll().execute()).toEqual([])
})

it('keeps everything when no retention is set', async () => {
  const workspace = { ...opened.workspace, settings: { ...opened.workspace.settings, runRetentionDays: null } }
  await workspace.store.write(({ db }) => insertRun(db, 'old', 'COMPLETED', 1000))
  await new RetentionKeeper(workspace).runOnce(new AbortController().signal)
  expect(await workspace.store.db.selectFrom('flow_run').select('name').execute()).toEqual([{ name: 'old' }])
})
