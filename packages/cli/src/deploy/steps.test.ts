import { describe, expect, it } from 'vitest'
import { Images } from './images.ts'
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
  images: new Images(import.meta.dirname),
  entrypoint: null,
}

describe('build and push steps', () => {
  it('hand their outputs on, merged and under their id, and are filled in by blocks, variables and environment', async () => {
    const { outputs } = await runSteps(
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
    const step = { 'prefect_aws.deployments.steps.push_to_s3': { bucket: 'x' } }
    expect(() => checkSteps('push', [step], 'a')).toThrow('the step prefect_aws.deployments.steps.push_to_s3 is not there')
    expect(() => checkSteps('build', [{ [SCRIPT]: {} }, { a: {}, b: {} }], 'a')).toThrow('found a, b')
    const known = [
      'prefect.deployments.steps.utility.run_shell_script',
      'prefect_docker.deployments.steps.build_docker_image',
      'aedile.steps.push_docker_image',
    ]
    for (const name of known) expect(() => checkSteps('push', [{ [name]: {} }], 'a')).not.toThrow()
  })

  it('that are about images are told by their name when they fail, with what is wrong', async () => {
    const build = {
      'prefect_docker.deployments.steps.build_docker_image': { image_name: 'my {{ $WHO }}', requires: 'prefect-docker' },
    }
    const failed = runSteps([build], parts)
    await expect(failed).rejects.toThrow(/build_docker_image failed, so nothing was deployed: .*"my Ada": it has spaces/)
  })
})
