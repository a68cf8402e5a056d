import { describe, expect, it } from 'vitest'
import { checkSteps, runSteps, type StepParts } from './steps.ts'

const SCRIPT = 'prefect.deployments.steps.run_shell_script'
const parts: StepParts = {
  folder: import.meta.dirname,
  environment: { PATH: process.env.PATH, WHO: 'Ada' },
  lookup: {
    readBlockDocument: async () => null,
    readBlockDocumentById: async () => null,
    readVariable: async (name) => (name === 'region' ? { value: 'rome' } : null),
  },
  say: () => {},
  signal: new AbortController().signal,
}

describe('build and push steps', () => {
  it('hand their outputs on, merged and under their id, and are filled in by blocks, variables and environment', async () => {
    const outputs = await runSteps(
      [
        { [SCRIPT]: { id: 'one', script: 'echo {{ $WHO }}' } },
        { [SCRIPT]: { id: 'two', script: 'echo {{ one.stdout }} in {{ prefect.variables.region }}' } },
      ],
      parts,
    )
    expect(outputs).toEqual({
      one: { stdout: 'Ada', stderr: '' },
      two: { stdout: 'Ada in rome', stderr: '' },
      stdout: 'Ada in rome',
      stderr: '',
    })
  })

  it('stop the deployment when one fails', async () => {
    await expect(runSteps([{ [SCRIPT]: { script: 'false' } }], parts)).rejects.toThrow('nothing was deployed')
  })

  it('are refused by name where they cannot be run', () => {
    const step = { 'prefect_docker.deployments.steps.build_docker_image': { image_name: 'x' } }
    expect(() => checkSteps('build', [step], 'a')).toThrow('prefect_docker.deployments.steps.build_docker_image is not there')
    expect(() => checkSteps('build', [{ [SCRIPT]: {} }, { a: {}, b: {} }], 'a')).toThrow('found a, b')
    expect(() => checkSteps('push', [{ 'prefect.deployments.steps.utility.run_shell_script': {} }], 'a')).not.toThrow()
  })
})
