import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type AttemptNote, StateDirectory } from './state-directory.ts'

const folders: string[] = []
const makeFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'aedile-notes-'))
  folders.push(folder)
  return folder
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

const me = { server: 'server', worker: 'me', workPool: 'pool' }
const note = (key: string, changes: Partial<AttemptNote> = {}): AttemptNote => ({
  key,
  flowRunId: 'run',
  server: 'server',
  workPool: 'pool',
  worker: 'me',
  step: 'claiming',
  handle: null,
  logCursor: null,
  outcome: null,
  ...changes,
})

describe('StateDirectory', () => {
  it('gives another process what was saved, of this worker, pool and server only', async () => {
    const folder = makeFolder()
    const directory = new StateDirectory(folder)
    await directory.save(note('b'))
    await directory.save(note('a', { step: 'intended' }))
    await directory.save(note('c', { worker: 'other' }))
    await directory.save(note('d', { server: 'another, of the same home' }))
    const read = await new StateDirectory(folder).read(me)
    expect(read.map(({ key, step }) => [key, step])).toEqual([
      ['a', 'intended'],
      ['b', 'claiming'],
    ])
  })

  it('keeps the last of several notes that were saved at once', async () => {
    const directory = new StateDirectory(makeFolder())
    await Promise.all(['1', '2', '3'].map((logCursor) => directory.save(note('a', { logCursor }))))
    expect((await directory.read(me))[0]?.logCursor).toBe('3')
  })

  it('passes over a file that was cut off, and reads the rest', async () => {
    const folder = makeFolder()
    const directory = new StateDirectory(folder)
    await directory.save(note('a'))
    writeFileSync(join(folder, 'broken.json'), '{"key": "b')
    expect(await directory.read(me)).toHaveLength(1)
  })
  it('sweeps half-written and long forgotten notes, and no others', async () => {
    const folder = makeFolder()
    const directory = new StateDirectory(folder)
    await directory.save(note('fresh'))
    await directory.save(note('old'))
    const ageBy = (name: string, seconds: number) => {
      const then = Date.now() / 1000 - seconds
      utimesSync(join(folder, name), then, then)
    }
    writeFileSync(join(folder, 'x.json.new'), '{"key"')
    writeFileSync(join(folder, 'y.json.new'), '{"key"')
    ageBy('x.json.new', 3600)
    ageBy('old.json', 31 * 86_400)
    await directory.sweep()
    expect(['fresh.json', 'old.json', 'x.json.new', 'y.json.new'].filter((name) => existsSync(join(folder, name)))).toEqual([
      'fresh.json',
      'y.json.new',
    ])
  })
})
