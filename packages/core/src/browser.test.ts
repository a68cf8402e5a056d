import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const source = fileURLToPath(new URL('.', import.meta.url))
/** The one entry point that knows Node, and what only tests load. */
const NOT_FOR_BROWSERS = [/^settings\/node\.ts$/, /\.test\.ts$/, /(^|\/)(testing|fixtures)\//]

test('core runs in a browser: everything but settings/node.ts bundles without a Node import', async () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const entryPoints = files.filter((file) => !NOT_FOR_BROWSERS.some((pattern) => pattern.test(file)))
  expect(entryPoints.length).toBeGreaterThan(40)
  const bundled = await build({
    entryPoints: entryPoints.map((file) => join(source, file)),
    outdir: join(source, 'dist'),
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'esm',
    conditions: ['aedile-source'],
    logLevel: 'silent',
  })
  expect(bundled.errors).toEqual([])
  const inputs = Object.entries(bundled.metafile.inputs)
  const nodeImports = inputs.flatMap(([file, { imports }]) =>
    imports.filter(({ path }) => path.startsWith('node:')).map(({ path }) => `${relative('.', file)} imports ${path}`),
  )
  expect(nodeImports).toEqual([])
})
