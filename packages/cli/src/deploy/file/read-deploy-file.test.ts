import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readDeployFile } from './read-deploy-file.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aedile-deploy-file-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (name: string, text: string) => writeFileSync(join(folder, name), text)

describe('a file of deployments', () => {
  it('is read as YAML 1.1 as genuine clients read it: anchors, yes and no, but y and n and dates are texts', () => {
    write(
      'prefect.yaml',
      'x: &pool {name: local}\ndeployments:\n- name: a\n  paused: yes\n  parameters: {y: 1, n: no, day: 2024-01-01}\n  work_pool: {<<: *pool, work_queue_name: q}\n',
    )
    expect(readDeployFile(undefined, folder)?.deployments).toEqual([
      {
        name: 'a',
        paused: true,
        parameters: { y: 1, n: false, day: '2024-01-01' },
        work_pool: { name: 'local', work_queue_name: 'q' },
      },
    ])
  })

  it('may name a single step as a mapping; an empty one is no step', () => {
    write('prefect.yaml', 'pull: {step: {a: 1}}\nbuild: {}\ndeployments: [{name: a, push: null}]\n')
    const file = readDeployFile(undefined, folder)!
    expect(file.actions).toEqual({ pull: [{ step: { a: 1 } }], build: [] })
    expect(file.deployments[0]).toEqual({ name: 'a', push: null })
  })

  it('is aedile.yaml before prefect.yaml, and none when there is neither', () => {
    expect(readDeployFile(undefined, folder)).toBeNull()
    write('prefect.yaml', 'deployments: [{name: theirs}]')
    write('aedile.yaml', 'deployments: [{name: ours}]')
    expect(readDeployFile(undefined, folder)?.deployments).toEqual([{ name: 'ours' }])
  })

  it('is refused with its place when it is broken, and never passed over', () => {
    write('prefect.yaml', 'deployments:\n- name: a\n  b: [1\n')
    expect(() => readDeployFile(undefined, folder)).toThrow(/prefect\.yaml:4:1: /)
    write('prefect.yaml', 'deployments:\n- name: {a: 1}\n')
    expect(() => readDeployFile(undefined, folder)).toThrow(/deployments\.0\.name: /)
    expect(() => readDeployFile('missing.yaml', folder)).toThrow(/missing\.yaml cannot be read/)
  })
})
