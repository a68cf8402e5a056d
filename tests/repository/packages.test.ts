import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AEDILE_VERSION } from '@aedile/server/version'
import { describe, expect, it } from 'vitest'

type Manifest = {
  name: string
  version: string
  license: string
  engines: { node: string }
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest
const folders = ['packages', 'infrastructures'].flatMap((room) => readdirSync(join(root, room)).map((name) => `${room}/${name}`))
const manifests = folders.map((folder) => read(`${folder}/package.json`))

describe('the packages', () => {
  it.each(manifests.map((manifest) => [manifest.name, manifest] as const))(
    '%s has the one version, licence and engine',
    (_, manifest) => {
      expect(manifest).toMatchObject({ version: AEDILE_VERSION, license: 'Apache-2.0', engines: { node: '>=22.19' } })
    },
  )

  it('name exact versions only', () => {
    const all = [...manifests, read('package.json')].flatMap(({ dependencies, devDependencies }) =>
      Object.entries({ ...dependencies, ...devDependencies }),
    )
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })

  it.each(folders)('%s says in its README what it is for and what may not enter it', (folder) => {
    const text = readFileSync(join(root, folder, 'README.md'), 'utf8')
    expect(text.length).toBeGreaterThan(300)
    expect(text).toMatch(/may not|must not|never|no .* enters|not enter/i)
  })
})
