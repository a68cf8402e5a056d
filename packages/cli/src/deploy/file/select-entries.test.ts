import { describe, expect, it } from 'vitest'
import type { DeployEntry } from './deploy-entry.ts'
import { selectEntries } from './select-entries.ts'

const entries: DeployEntry[] = [
  { name: 'daily', entrypoint: 'flows/report.ts:write_report' },
  { name: 'weekly', entrypoint: 'flows/report.ts:write_report' },
  { name: 'daily', flow_name: 'backup' },
]

const select = (names: string[], options: { all?: boolean; isNew?: boolean; from?: DeployEntry[] } = {}) =>
  selectEntries(options.from ?? entries, { names, all: options.all ?? false, isNew: options.isNew ?? false })

describe('which deployments of a file are meant', () => {
  it.each([
    [['weekly'], [1]],
    [['daily'], [0, 2]],
    [['write-report/daily'], [0]],
    [['write_report/daily'], [0]],
    [['backup/daily'], [2]],
    [['write-report/*'], [0, 1]],
    [['*/daily'], [0, 2]],
    [['d*'], [0, 2]],
    [
      ['weekly', 'backup/daily'],
      [1, 2],
    ],
  ])('%j means %j', (names, wanted) => {
    expect(select(names).entries).toEqual(wanted.map((index) => entries[index]))
  })

  it('all of them are, with --all', () => {
    expect(select([], { all: true }).entries).toEqual(entries)
    expect(() => select(['daily'], { all: true })).toThrow('not both')
    expect(() => select([], { all: true, from: [] })).toThrow('no file')
  })

  it('the one of a file with one is, and a name renames it', () => {
    const from = [entries[1]!]
    expect(select([], { from })).toMatchObject({ entries: from, name: null })
    expect(select(['other'], { from })).toMatchObject({ entries: from, name: 'other', notes: [expect.stringContaining('other')] })
  })

  it('a name that none has is an error with the nearest, unless something new is deployed', () => {
    expect(() => select(['wekly'])).toThrow('Did you mean weekly?')
    expect(() => select(['x*'])).toThrow('matches x*')
    expect(select(['new'], { isNew: true })).toEqual({ entries: [{}], name: 'new', notes: [] })
  })

  it('several without a name are not guessed at', () => {
    expect(() => select([])).toThrow('Which deployment?')
  })

  it('a dot in a pattern is a dot', () => {
    const from = [{ name: 'v1.2' }, { name: 'v1x2' }]
    expect(select(['v1.*'], { from }).entries).toEqual([from[0]])
  })
})
