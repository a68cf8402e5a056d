import { build } from 'esbuild'
import { expect, it } from 'vitest'

it('definition.ts loads in a browser: nothing of node and no vendor library is behind it', async () => {
  const entry = new URL('./definition.ts', import.meta.url).pathname
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    conditions: ['aedile-source'],
    logLevel: 'silent',
  })
  const inputs = Object.keys(metafile.inputs)
  expect(inputs.some((path) => path.endsWith('kubernetes/src/request.ts'))).toBe(true)
  expect(inputs.filter((path) => /node_modules\/(?!(zod|yaml)\/)/.test(path))).toEqual([])
  expect(inputs.filter((path) => /(driver|api|supervisor)\.ts$/.test(path))).toEqual([])
})
