import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadFlow, parseEntrypoint } from './load-flow.ts'

let folder: string
const FLOW_MODULE = JSON.stringify(fileURLToPath(new URL('../flow.ts', import.meta.url)))
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aedile-load-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Writes a flow file; `FLOW` in it stands for the module that exports `flow`. */
async function load(name: string, text: string, flowName: string) {
  await writeFile(join(folder, name), text.replaceAll('FLOW', FLOW_MODULE))
  return loadFlow(`${name}:${flowName}`, folder)
}

const REPORT = `import { flow } from FLOW
export const report = flow({ name: 'daily-report' }, async (p: { n: number }) => p.n)
export const other = flow({ name: 'other' }, async () => 1)
export const number = 3
`

test('a flow is found by the name of its export, or by its own', async () => {
  expect((await load('a.ts', REPORT, 'report')).name).toBe('daily-report')
  expect((await load('b.ts', REPORT, 'daily-report')).name).toBe('daily-report')
})

test('a file without the named flow tells which flows it has', async () => {
  await expect(load('a.ts', REPORT, 'reprot')).rejects.toMatchObject({
    code: 'flow_not_in_file',
    details: { found: 'report (daily-report), other' },
  })
})

test('a syntax error is told with file and line', async () => {
  const failure = load('broken.ts', 'export const a = 1\nexport const b = = 2\n', 'b')
  await expect(failure).rejects.toMatchObject({ code: 'flow_file_broken', message: expect.stringMatching(/broken\.ts:2/) })
})

test('an error while the file is loaded is told with its place', async () => {
  const failure = load('throws.ts', "const x: number = 1\n\nthrow new Error('no data')\n", 'x')
  await expect(failure).rejects.toMatchObject({ code: 'flow_file_broken', message: expect.stringMatching(/throws\.ts.*no data/) })
})

test('a flow that is called while its file is loaded is told to be guarded', async () => {
  const failure = load('calls.ts', `${REPORT}await other()\n`, 'report')
  await expect(failure).rejects.toMatchObject({ code: 'flow_called_while_loading' })
})

test('a missing file and a strange entrypoint are told', async () => {
  await expect(loadFlow('gone.ts:x', folder)).rejects.toMatchObject({ code: 'flow_file_missing' })
  expect(() => parseEntrypoint('flows.py:main', folder)).toThrow(/entrypoint/)
  expect(() => parseEntrypoint('flows.ts', folder)).toThrow(/entrypoint/)
})
