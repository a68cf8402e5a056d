import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type CodeChange, CodeWatcher, compareCode } from './code-watcher.ts'
import { checkPaths, findCode } from './flow-files.ts'

let folder: string
const FLOW = "import { flow } from '@aedile/sdk'\n"

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aedile-dev-'))
  write('hello.ts', FLOW)
  write('lib/dates.ts', 'export const now = 1\n')
  write('lib/report.mts', FLOW)
  write('hello.test.ts', FLOW)
  write('types.d.ts', FLOW)
  write('node_modules/x/index.js', FLOW)
  write('.hidden/a.ts', FLOW)
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

const names = (paths: string[]) => paths.map((path) => relative(folder, path)).sort()

describe('the code of a folder', () => {
  it('is what may have flows and what these may use, but not tests, types and what others wrote', () => {
    const { files, folders } = findCode(['.'], folder)
    expect(names(files.map(({ path }) => path))).toEqual(['hello.ts', 'lib/dates.ts', 'lib/report.mts'])
    expect(names(files.filter(({ hasFlows }) => hasFlows).map(({ path }) => path))).toEqual(['hello.ts', 'lib/report.mts'])
    expect(names(folders)).toEqual(['', 'lib'])
  })

  it('is taken to have flows when it is named', () => {
    expect(findCode(['lib/dates.ts'], folder).files).toMatchObject([{ hasFlows: true }])
  })

  it('has to be there, and to be code', () => {
    expect(() => checkPaths(['.', 'hello.ts'], folder)).not.toThrow()
    expect(() => checkPaths(['helo.ts'], folder)).toThrow('helo.ts')
    write('flow.py', '')
    expect(() => checkPaths(['flow.py'], folder)).toThrow('Python')
  })
})

describe('a change of the code', () => {
  const file = (path: string, stamp: string, hasFlows = true) => ({ path, stamp, hasFlows })

  it('is about files with flows that are new or other than they were, and such that are gone', () => {
    const before = [file('a', '1'), file('b', '1'), file('c', '1')]
    expect(compareCode(before, [file('a', '1'), file('b', '2'), file('d', '1')])).toEqual({ changed: ['b', 'd'], removed: ['c'] })
  })

  it('of code that flows may use is about all of them', () => {
    const before = [file('a', '1'), file('b', '1'), file('lib', '1', false)]
    expect(compareCode(before, [file('a', '1'), file('b', '1'), file('lib', '2', false)]).changed).toEqual(['a', 'b'])
  })

  it('is told when it has settled, in new folders too', async () => {
    let tell: (change: CodeChange) => void = () => {}
    const next = () => new Promise<CodeChange>((resolve) => (tell = resolve))
    const onTrouble = (_: string, error: Error) => {
      throw error
    }
    const watcher = new CodeWatcher({ paths: ['.'], folder, onChange: (change) => tell(change), onTrouble })
    try {
      expect(names(watcher.start())).toEqual(['hello.ts', 'lib/report.mts'])
      let told = next()
      write('more/new.ts', FLOW)
      expect(names((await told).changed)).toEqual(['more/new.ts'])
      told = next()
      write('more/new.ts', `${FLOW}// changed`)
      expect(names((await told).changed)).toEqual(['more/new.ts'])
      told = next()
      rmSync(join(folder, 'hello.ts'))
      expect(names((await told).removed)).toEqual(['hello.ts'])
    } finally {
      watcher.close()
    }
  })
})
