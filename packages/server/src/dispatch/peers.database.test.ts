import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Changes } from '../changes.ts'
import { openTestWorkspace, type TestWorkspace } from '../testing/workspace.ts'
import { findPeers } from './peers.ts'

let testing: TestWorkspace
beforeEach(async () => {
  testing = await openTestWorkspace()
})
afterEach(() => testing.close())

/** A server's changes, and what it hears of others. */
function openServer() {
  const workspace = { ...testing.workspace, changes: new Changes() }
  const heard: unknown[] = []
  workspace.changes.on('dispatch', (ids) => heard.push(['dispatch', ids]))
  workspace.changes.on('cancelling', (ids) => heard.push(['cancelling', ids]))
  return { changes: workspace.changes, heard, peers: findPeers(workspace, testing.url) }
}

test('what one server tells, the others hear once, and nobody tells it on; on SQLite there is one server', async () => {
  if (testing.workspace.store.kind === 'sqlite') return expect(openServer().peers).toBeNull()
  const servers = [openServer(), openServer(), openServer()]
  for (const { peers } of servers) peers!.start()
  const [one, two, three] = servers as [(typeof servers)[0], (typeof servers)[0], (typeof servers)[0]]
  try {
    // Who listens says so by looking for what it may have missed.
    for (const { heard } of servers) await expect.poll(() => heard.length).toBe(1)
    for (const { heard } of servers) heard.length = 0
    one.changes.emit('dispatch', ['a'])
    one.changes.emit('dispatch', ['b'])
    one.changes.emit('cancelling', ['run'])
    const expected = [
      ['dispatch', ['a', 'b']],
      ['cancelling', ['run']],
    ]
    await expect.poll(() => two.heard).toEqual(expected)
    await expect.poll(() => three.heard).toEqual(expected)
    one.changes.emit('dispatch', [])
    await expect.poll(() => two.heard.at(-1)).toEqual(['dispatch', []])
    expect(one.heard).toEqual([
      ['dispatch', ['a']],
      ['dispatch', ['b']],
      ['cancelling', ['run']],
      ['dispatch', []],
    ])
  } finally {
    for (const { peers } of servers) await peers!.stop()
  }
})

test('a server whose connection is cut listens again, and looks for what it missed', async () => {
  const server = openServer()
  if (testing.workspace.store.kind === 'sqlite') return expect(server.peers).toBeNull()
  server.peers!.start()
  try {
    await expect.poll(() => server.heard.length).toBe(1)
    await testing.workspace.store.write(async ({ db }) => {
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %' and datname = current_database()`.execute(
        db,
      )
    })
    await expect.poll(() => server.heard.length).toBe(2)
  } finally {
    await server.peers!.stop()
  }
})
