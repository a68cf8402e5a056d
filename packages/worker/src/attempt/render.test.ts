import { describe, expect, it } from 'vitest'
import { whoReports } from './render.ts'

describe('who tells the end of a run', () => {
  it.each([
    ['sh backup.sh', null, 'worker'],
    ['sh backup.sh', 'flow.ts:main', 'either'],
    [null, null, 'engine'],
    [null, 'flow.ts:main', 'engine'],
    ['prefect flow-run execute', null, 'engine'],
    ['/usr/bin/python3 -m prefect.engine', 'flow.py:main', 'engine'],
    ['node node_modules/.bin/aedile-execute', null, 'engine'],
  ])('%s with entrypoint %s: %s', (command, entrypoint, expected) => {
    expect(whoReports({ entrypoint }, command)).toBe(expected)
  })
})
