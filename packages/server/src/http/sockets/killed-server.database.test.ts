import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { isOneOf } from '../../store/queries/filters/condition.ts'
import { flowRow, flowRunRow, testId } from '../../store/queries/testing/rows.ts'
import { taskRunEvent } from '../../store/queries/testing/task-run-events.ts'
import { openTestStore, type TestStore } from '../../testing/databases.ts'

let database: TestStore
let child: ChildProcess | undefined
beforeEach(async () => {
  database = await openTestStore()
  await database.store.write(async ({ db }) => {
    await db.insertInto('flow').values(flowRow(1)).execute()
    await db
      .insertInto('flow_run')
      .values(flowRunRow(2, { flow_id: testId(1) }))
      .execute()
  })
})
afterEach(async () => {
  child?.kill('SIGKILL')
  await database.close()
})

async function connect(): Promise<WebSocket> {
  const file = fileURLToPath(new URL('./fixtures/serve-sockets.ts', import.meta.url))
  const command = ['--conditions=aedile-source', '--disable-warning=ExperimentalWarning', file, database.url]
  child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = await once(createInterface({ input: child.stdout! }), 'line')
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/events/in`, ['prefect'])
  await once(socket, 'open')
  socket.send('{"type":"auth","token":null}')
  await once(socket, 'message')
  return socket
}

it.each([3, 40])('kill -9 after %i PONGs loses no event that one of them confirmed, and no task run', async (pongs) => {
  const socket = await connect()
  const confirmed: number[] = []
  let sent = 0
  const sendBatch = () => {
    for (let index = 0; index < 20; index++) socket.send(JSON.stringify(report(++sent)))
    socket.ping(String(sent))
  }
  socket.on('pong', (data) => {
    confirmed.push(Number(data))
    // Always more on its way than is confirmed, so that the kill meets work.
    sendBatch()
    sendBatch()
    if (confirmed.length === pongs) child?.kill('SIGKILL')
  })
  socket.on('error', () => {})
  sendBatch()
  await once(socket, 'close')

  const ids = Array.from({ length: Math.max(...confirmed) }, (_, index) => eventId(index + 1))
  const { db, kind } = database.store
  const events = await db
    .selectFrom('event')
    .select('id')
    .where(isOneOf('event.id', ids, kind))
    .execute()
  expect(events).toHaveLength(ids.length)
  const runs = await db
    .selectFrom('task_run')
    .innerJoin('task_run_state', 'task_run_state.id', 'task_run.state_id')
    .select('task_run_state.id')
    .where(isOneOf('task_run_state.id', ids, kind))
    .execute()
  expect(runs).toHaveLength(ids.length)
})

const eventId = (number: number) => testId(1_000_000 + number)
const report = (number: number) =>
  taskRunEvent({
    id: eventId(number),
    taskRunId: testId(2_000_000 + number),
    flowRunId: testId(2),
    occurred: '2025-01-01T00:00:00Z',
    type: 'RUNNING',
    taskRun: { dynamic_key: String(number) },
  })
