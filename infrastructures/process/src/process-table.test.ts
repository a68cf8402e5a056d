import { describe, expect, it } from 'vitest'
import { findAttemptProcesses, type ProcessEntry, parseIdentity, parsePs, parseStat } from './process-table.ts'

const entry = (pid: number, values: Partial<ProcessEntry> = {}): ProcessEntry => ({
  pid,
  parent: 1,
  session: pid,
  startTime: `t${pid}`,
  zombie: false,
  attempt: null,
  ...values,
})
const pidsOf = (table: ProcessEntry[], supervisor: { pid: number; startTime: string } | null = null) =>
  findAttemptProcesses(table, 'mine', supervisor).map(({ pid }) => pid)

describe('a process table', () => {
  it('reads a name with spaces and parentheses', () => {
    const line = `42 (a ) (b) S 7 42 41 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 8192 200 18446744073709551615\n`
    expect(parseStat(line)).toEqual({ pid: 42, parent: 7, session: 41, startTime: '987654', zombie: false })
    expect(parseIdentity(line)).toEqual({ pid: 42, startTime: '987654' })
  })

  it('reads the substitute where there is no /proc, and what ps lists there, alike', () => {
    const listed = parsePs('  612     1  0 Ss   Sat Nov  1 10:00:00 2026\n 613   612  0 Z  Sat Nov 21 10:00:01 2026\n')
    expect(listed.map(({ pid, zombie }) => [pid, zombie])).toEqual([
      [612, false],
      [613, true],
    ])
    expect(parseIdentity('612 () Sat Nov  1 10:00:00 2026\n')).toEqual({ pid: 612, startTime: listed[0]!.startTime })
  })

  it.each(['', '12', 'nonsense (', '12 (sh) S 1 2'])('reads no identity from %j', (line) => {
    expect(parseIdentity(line)).toBeNull()
  })
})

describe('the processes of an attempt', () => {
  it('are those with its key, their descendants, and the sessions that these lead', () => {
    const table = [
      entry(10, { attempt: 'mine' }),
      entry(11, { parent: 10 }),
      entry(12, { parent: 11, session: 12 }),
      entry(13, { session: 12 }),
      entry(20, { attempt: 'other' }),
      entry(21, { parent: 20, session: 20 }),
    ]
    expect(pidsOf(table)).toEqual([10, 11, 12, 13])
  })

  it('include the session of a living supervisor, though its members hide their environment', () => {
    const table = [entry(10), entry(11, { session: 10 })]
    expect(pidsOf(table, { pid: 10, startTime: 't10' })).toEqual([10, 11])
  })

  it("leave out whoever got a dead supervisor's number", () => {
    const table = [entry(10, { startTime: 'later' }), entry(11, { session: 10, parent: 10 })]
    expect(pidsOf(table, { pid: 10, startTime: 't10' })).toEqual([])
  })

  it('leave out the dead and process 1', () => {
    expect(pidsOf([entry(10, { attempt: 'mine', zombie: true }), entry(1, { attempt: 'mine' })])).toEqual([])
  })
})
