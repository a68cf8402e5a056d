import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase, databaseKinds } from '../support/databases.ts'
import { until } from '../support/network.ts'
import { type Program, runAedile, startAedile } from '../support/program.ts'

const folder = mkdtempSync(join(tmpdir(), 'aedile-database-'))
const good = join(folder, 'good')
const isRoot = process.getuid?.() === 0

beforeAll(async () => {
  const server = startAedile(['server', 'start', '--port', '0'], { AEDILE_HOME: good })
  await until('the server answers', async () => server.stdout().includes('API '), 60)
  expect(await server.end()).toBe(0)
})
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))

/** A copy of a sound home directory, for a test to spoil. */
function copyHome(name: string): { home: string; file: string } {
  const home = join(folder, name)
  mkdirSync(home)
  for (const file of readdirSync(good)) copyFileSync(join(good, file), join(home, file))
  return { home, file: join(home, 'aedile.db') }
}

/** Starts a server that cannot: it ends with 1 and one sentence, without a stack. Answers the sentence. */
async function refuseStart(home: string, args: string[] = []): Promise<string> {
  const { exit, stdout, stderr } = await runAedile(['server', 'start', '--port', '0', ...args], { AEDILE_HOME: home })
  expect(stderr).not.toMatch(/^\s+at /m)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(stdout).toBe('')
  expect(exit).toBe(1)
  expect(existsSync(join(home, 'server.pid'))).toBe(false)
  return stderr.trim()
}

describe('`server start` says in one sentence what is wrong with its database, and ends with 1', () => {
  it('a damaged one', async () => {
    const { home, file } = copyHome('damaged')
    const handle = openSync(file, 'r+')
    for (let page = 1; page < 20; page++) writeSync(handle, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096)
    expect(await refuseStart(home)).toBe(
      `The database ${file} is damaged: database disk image is malformed. Stop the server and restore a backup.`,
    )
  })

  it('one that was cut off', async () => {
    const { home, file } = copyHome('cut')
    truncateSync(file, 10_000)
    expect(await refuseStart(home)).toContain(`The database ${file} is damaged`)
  })

  it('a file that is none, which stays as it is', async () => {
    const home = join(folder, 'diary')
    mkdirSync(home)
    const file = join(home, 'aedile.db')
    writeFileSync(file, 'Dear diary, '.repeat(1000))
    expect(await refuseStart(home)).toBe(
      `${file} is not a database of Aedile: it is no SQLite file. Name another file or database.`,
    )
    expect(statSync(file).size).toBe(12_000)
  })

  it('a folder', async () => {
    const home = join(folder, 'folder')
    mkdirSync(join(home, 'aedile.db'), { recursive: true })
    expect(await refuseStart(home)).toContain('it is a folder')
  })

  it('one that a newer version made', async () => {
    const { home, file } = copyHome('newer')
    new Database(file).exec("insert into aedile_migration values (9999, 'later', 9999, 1)").close()
    expect(await refuseStart(home)).toMatch(
      /was made by a newer version: its schema is 9999, this version knows up to \d+\. Use that/,
    )
  })

  it('one that another process has locked', async () => {
    const { home, file } = copyHome('locked')
    const other = new Database(file)
    other.exec('begin immediate')
    const said = await refuseStart(home).finally(() => other.close())
    expect(said).toBe(`The database ${file} is locked by another process, for longer than 5 s. Stop that process or wait for it.`)
  })

  it.skipIf(!isRoot)('one on a file system that is read-only', async () => {
    const { home: from } = copyHome('read-only-source')
    await onFileSystem('read-only', '8m', async (home, remount) => {
      for (const file of readdirSync(from)) copyFileSync(join(from, file), join(home, file))
      remount('ro')
      expect(await refuseStart(home)).toMatch(
        /cannot be written: EROFS.*Check its owner, its permissions and those of its folder\.$/,
      )
    })
  })

  it.skipIf(!isRoot)('one that finds no room on the disk', async () => {
    await onFileSystem('tiny', '100k', async (home) => {
      expect(await refuseStart(home)).toMatch(
        /cannot grow: the disk is full or its limit is reached. Nothing was stored; make room\.$/,
      )
    })
  })

  it.each([
    ['postgres://postgres:canary@127.0.0.1:1/aedile', /cannot be reached: .*ECONNREFUSED.*Check the address and that it runs\.$/],
    ['mysql://root:canary@127.0.0.1/aedile', /^The database is given as mysql:\/\/\.\.\.\. Expected postgres:/],
  ])('%s', async (url, sentence) => {
    const said = await refuseStart(join(folder, 'elsewhere'), ['--database', url])
    expect(said).toMatch(sentence)
    expect(said).not.toContain('canary')
  })

  it.skipIf(!databaseKinds.includes('postgres'))('a Postgres database that a newer version made', async () => {
    const database = await createDatabase('postgres', folder)
    const home = join(folder, 'postgres')
    try {
      expect((await runAedile(['server', 'database', 'upgrade', '--database', database.url], { AEDILE_HOME: home })).exit).toBe(0)
      await database.read("insert into aedile_migration values (9999, 'later', 9999, 1)")
      expect(await refuseStart(home, ['--database', database.url])).toContain('was made by a newer version: its schema is 9999')
    } finally {
      await database.remove()
    }
  })
})

describe('a disk that fills while the server runs', () => {
  it.skipIf(!isRoot)('refuses what does not fit with 507, keeps what it accepted, and goes on when there is room', async () => {
    await onFileSystem('filling', '6m', async (home) => {
      const server = startAedile(['--json', 'server', 'start', '--port', '0'], { AEDILE_HOME: home })
      try {
        const url = await until('the server answers', async () => /"url": "(.*)"/.exec(server.stdout())?.[1], 60)
        const accepted: string[] = []
        let refused: Response | null = null
        for (let at = 0; !refused && at < 200; at++) {
          const answer = await makeFlow(url, `flow-${at}`, 200_000)
          if (answer.ok) accepted.push(`flow-${at}`)
          else refused = answer
        }
        expect(refused?.status).toBe(507)
        expect(await refused?.json()).toMatchObject({ code: 'database_full', request_id: expect.any(String) })
        expect(await readFlowNames(url)).toEqual(accepted.sort())
        execFileSync('mount', ['-o', 'remount,size=32m', home])
        expect((await makeFlow(url, 'after', 200_000)).status).toBe(201)
        expect(await server.end()).toBe(0)
        const check = await runAedile(['server', 'database', 'check'], { AEDILE_HOME: home })
        expect(check.exit).toBe(0)
      } finally {
        await endProgram(server)
      }
    })
  })
})

function makeFlow(url: string, name: string, bytes: number): Promise<Response> {
  const body = JSON.stringify({ name, tags: ['x'.repeat(bytes)] })
  return fetch(`${url}/flows/`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
}

async function readFlowNames(url: string): Promise<string[]> {
  const answer = await fetch(`${url}/flows/filter`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  })
  return ((await answer.json()) as { name: string }[]).map(({ name }) => name).sort()
}

async function endProgram(program: Program): Promise<void> {
  await program.end('SIGKILL')
}

/** Runs something in a small file system of its own, held in memory. */
async function onFileSystem(
  name: string,
  size: string,
  work: (home: string, remount: (options: string) => void) => Promise<void>,
): Promise<void> {
  const home = join(folder, name)
  mkdirSync(home)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', home])
  try {
    await work(home, (options) => execFileSync('mount', ['-o', `remount,${options}`, home]))
  } finally {
    execFileSync('umount', [home])
  }
}
