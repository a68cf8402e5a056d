import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../infrastructures', import.meta.url))
const packages = readdirSync(root).filter((name) => existsSync(`${root}/${name}/src/definition.ts`))
/** What may be behind a definition: schemas, and YAML for kubeconfigs. Both run in a browser. */
const ALLOWED = ['zod', 'yaml']

describe('the definition of every infrastructure loads in a browser: no node and no vendor library is behind it', () => {
  it.each(packages)('%s', async (name) => {
    // A node: import would fail the build.
    const { metafile } = await build({
      entryPoints: [`${root}/${name}/src/definition.ts`],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'browser',
      conditions: ['aedile-source'],
      logLevel: 'silent',
    })
    const inputs = Object.keys(metafile.inputs)
    expect(inputs.some((path) => path.includes(`infrastructures/${name}/src/`) && path.endsWith('request.ts'))).toBe(true)
    const libraries = inputs.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])
    expect([...new Set(libraries)].filter((library) => !ALLOWED.includes(library))).toEqual([])
    expect(inputs.filter((path) => /\/(driver|api|supervisor)\.ts$/.test(path))).toEqual([])
  })

  it('there are some', () => expect(packages.length).toBeGreaterThan(3))
})
