import { describe, expect, it } from 'vitest'
import { isPlainCommand } from './render.ts'

describe('a plain command', () => {
  it.each([
    ['sh backup.sh', null, true],
    ['sh backup.sh', 'flow.ts:main', false],
    [null, null, false],
    ['prefect flow-run execute', null, false],
    ['/usr/bin/python3 -m prefect.engine', null, false],
    ['node node_modules/.bin/aedile-execute', null, false],
  ])('%s with entrypoint %s: %s', (command, entrypoint, expected) => {
    expect(isPlainCommand({ entrypoint }, command)).toBe(expected)
  })
})
