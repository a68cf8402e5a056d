import { describe, expect, it } from 'vitest'
import { isEngineLogLine } from './engine-console.ts'

describe('a line of output', () => {
  it.each([
    ["12:34:56.789 | INFO    | Flow run 'sad-marvin' - Beginning flow run 'sad-marvin' for flow 'story'", true],
    ["12:34:56.789 | ERROR   | Task run 'add-1f3' - Task run failed with exception: it's broken", true],
    ['12:34:56.789 | WARNING | prefect.engine - something of the engine itself', false],
    ['rows read: 1,461', false],
    ['', false],
  ])('%s is told by the engine itself: %s', (text, expected) => {
    expect(isEngineLogLine(text)).toBe(expected)
  })
})
