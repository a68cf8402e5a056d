import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WorkPool } from '@aedile/core/resources/work-pool'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildFlowImage, checkImagePool } from './build-flow-image.ts'
import { loadImageBuilder } from './load-image-builder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aedile-project-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const install = 'Building an image needs the package @aedile/docker. Install it: npm install @aedile/docker.'

/** A package of this name that the folder has, with this code as its image builder. */
function installBuilder(code: string, exports: object = { './*': './*.js' }): void {
  const home = join(folder, 'node_modules/@aedile/docker')
  mkdirSync(join(home, 'image-build'), { recursive: true })
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name: '@aedile/docker', type: 'module', exports }))
  writeFileSync(join(home, 'image-build/image-builder.js'), code)
}

describe("a flow's image", () => {
  it('needs a package that is told with its install line when it is not there, or too old', async () => {
    await expect(loadImageBuilder([folder])).rejects.toThrow(install)
    installBuilder('', { '.': './index.js' })
    await expect(loadImageBuilder([folder])).rejects.toThrow(install)
  })

  it("is made by the package that the project has, of the project's folder", async () => {
    const build = 'async (order) => ({ image: JSON.stringify(order), id: "i", digest: "sha256:1", directory: "/code" })'
    installBuilder(`export const imageBuilder = { check() {}, build: ${build} }`)
    const place = { folder, entrypoint: 'a.ts:a', tell: () => {} }
    const { image, digest } = await buildFlowImage({ name: 'team/flows', push: false }, place)
    expect(JSON.parse(image)).toEqual({ folder, entrypoint: 'a.ts:a', name: 'team/flows', push: false })
    expect(digest).toBe('sha256:1')
  })

  it('that is there already is neither built nor pushed', async () => {
    const place = { folder, entrypoint: 'a.ts:a', tell: () => {} }
    const image = { image: 'team/flows:1', digest: null, directory: '' }
    expect(await buildFlowImage({ name: 'team/flows', tag: '1', build: false }, place)).toEqual(image)
  })

  it('is for pools that have an image to set', () => {
    const pool = (properties: object) =>
      ({ name: 'here', type: 'process', base_job_template: { variables: { properties } } }) as unknown as WorkPool
    expect(() => checkImagePool(pool({ command: {} }))).toThrow('The work pool here (process) takes no image')
    expect(() => checkImagePool(pool({ image: {} }))).not.toThrow()
  })
})
