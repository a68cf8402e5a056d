import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadFlow, parseEntrypoint } from './load-flow.ts'

let folder: string
const FLOW_MODULE = JSON.stringify(fileURLToPath(new URL('../flow.ts', import.meta.url)))
const LOADER_MODULE = JSON.stringify(new URL('./load-flow.ts', import.meta.url).href)
const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aedile-load-'))
})
afterEach(() => rm(folder, { recursive: true }))

/**
 * Writes a flow file and loads it in a Node of its own: the test runner has a loader of its own. `FLOW` in the text
 * stands for the module that exports `flow`.
 */
async function load(file: string, text: string, flowName: string): Promise<Loaded> {
  await writeFile(join(folder, file), text.replaceAll('FLOW', FLOW_MODULE))
  const program = `
    import { loadFlow } from ${LOADER_MODULE}
    const told = ({ name, code, message, details }) => console.log(JSON.stringify({ name, code, message, details }))
    loadFlow(${JSON.stringify(`${file}:${flowName}`)}, ${JSON.stringify(folder)}).then(told, told)`
  const args = ['--conditions=aedile-source', '--input-type=module', '--eval', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: PACKAGE })
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Loaded
}
type Loaded = { name: string; code?: string; message?: string; details?: Record<string, unknown> }

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
  expect(await load('a.ts', REPORT, 'reprot')).toMatchObject({
    code: 'flow_not_in_file',
    details: { found: 'other, report (daily-report)' },
  })
})

test('a syntax error is told with file and line', async () => {
  const told = await load('broken.ts', 'export const a = 1\nexport const b = = 2\n', 'b')
  expect(told).toMatchObject({ code: 'flow_file_broken', message: expect.stringMatching(/broken\.ts:2/) })
})

test('an error while the file is loaded is told with its place', async () => {
  const told = await load('throws.ts', "const x: number = 1\n\nthrow new Error('no data')\n", 'x')
  expect(told).toMatchObject({ code: 'flow_file_broken', message: expect.stringMatching(/throws\.ts:3: no data/) })
})

test('what Node cannot strip, and imports without extension, are loaded all the same', async () => {
  await writeFile(join(folder, 'lib.ts'), 'export enum Unit { Millimetre }\n')
  const text = `import { flow } from FLOW\nimport { Unit } from './lib'\nenum Sky { Clear }
export const sky = flow({ name: 'sky' }, async () => Sky.Clear + Unit.Millimetre)`
  expect(await load('enums.ts', text, 'sky')).toEqual({ name: 'sky' })
})

test('a syntax error that both loaders meet is told once, with its line', async () => {
  const told = await load('both.ts', 'enum Sky { Clear }\nexport const b = = 2\n', 'b')
  expect(told).toMatchObject({ code: 'flow_file_broken', message: expect.stringMatching(/both\.ts:2/) })
})

test('a flow that is called while its file is loaded is told to be guarded', async () => {
  expect(await load('calls.ts', `${REPORT}await other()\n`, 'report')).toMatchObject({ code: 'flow_called_while_loading' })
})

test('a missing file and a strange entrypoint are told', async () => {
  await expect(loadFlow('gone.ts:x', folder)).rejects.toMatchObject({ code: 'flow_file_missing' })
  expect(() => parseEntrypoint('flows.py:main', folder)).toThrow(/entrypoint/)
  expect(() => parseEntrypoint('flows.ts', folder)).toThrow(/entrypoint/)
})
