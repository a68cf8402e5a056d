import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { FLOW, flow } from '../flow.ts'
import { readFlowVersion } from './flow-version.ts'

test('a flow has the version that it says, else the hash of the file that it was made in', () => {
  const own = fileURLToPath(import.meta.url)
  const { definition } = flow({ name: 'x' }, async () => 1)[FLOW]
  expect(definition.file).toBe(own)
  expect(readFlowVersion(definition)).toBe(createHash('md5').update(readFileSync(own)).digest('hex'))
  expect(readFlowVersion({ ...definition, options: { version: '2' } })).toBe('2')
  expect(readFlowVersion({ ...definition, file: '/gone.ts' })).toBeNull()
})
