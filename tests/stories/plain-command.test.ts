import { mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { JsonObject } from '@aedile/core/json'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../support/databases.ts'
import {
  createCommandDeployment,
  createPool,
  createRun,
  readOutput,
  readStateNames,
  type System,
  startSystem,
  waitForEnd,
  waitUntilClean,
} from '../support/system.ts'

describe.each(databaseKinds)('a plain command on %s', (kind) => {
  let system: System
  beforeAll(async () => {
    system = await startSystem(kind)
    await createPool(system)
    await system.startWorker({ environment: { STORY_INHERITED: 'from the worker', STORY_REMOVED: 'from the worker' } })
  })
  afterAll(() => system?.close())

  async function runCommand(command: string, variables: JsonObject = {}, body = {}) {
    const deployment = await createCommandDeployment(system, command, { variables })
    return waitForEnd(system, await createRun(system, deployment, body))
  }

  it('is Completed, with all its output in order', async () => {
    const run = await runCommand('i=0; while [ $i -lt 2000 ]; do echo "line $i"; i=$((i+1)); done')
    expect(run).toMatchObject({ state_type: 'COMPLETED' })
    expect(await readOutput(system, run)).toEqual(Array.from({ length: 2000 }, (_, index) => `line ${index}`))
    expect(await readStateNames(system, run)).toEqual(['Scheduled', 'Pending', 'Submitting', 'Running', 'Completed'])
    expect(run.infrastructure_pid).toMatch(/^\d+$/)
  })

  it('is Completed or Crashed by its exit code also where the deployment names a flow', async () => {
    for (const [command, type] of [
      ['echo said', 'COMPLETED'],
      ['echo said; exit 1', 'CRASHED'],
    ] as const) {
      const deployment = await createCommandDeployment(system, command, { body: { entrypoint: 'flows.py:main' } })
      const run = await waitForEnd(system, await createRun(system, deployment))
      expect(run).toMatchObject({ state_type: type })
      expect(await readOutput(system, run)).toEqual(['said'])
      expect((await readStateNames(system, run)).slice(-2)).toEqual(['Running', type === 'COMPLETED' ? 'Completed' : 'Crashed'])
    }
  })

  it('is Crashed with reason, exit code and last lines when it exits with 3', async () => {
    const run = await runCommand('echo reading; echo "no such column" >&2; exit 3')
    expect(run).toMatchObject({ state_type: 'CRASHED' })
    expect(run.state?.message).toContain('Process exited with status code: 3.')
    expect(run.state?.message).toContain('no such column')
    expect(await readOutput(system, run)).toEqual(['reading'])
    expect(await readOutput(system, run, 'stderr')).toEqual(['no such column'])
  })

  it('is Crashed with the signal when it is killed', async () => {
    const run = await runCommand('kill -9 $$')
    expect(run).toMatchObject({ state_type: 'CRASHED' })
    expect(run.state?.message).toContain('Process exited with status code: -9.')
  })

  it('is Crashed and says which command was not found', async () => {
    const run = await runCommand('', { command: 'no-such-command-anywhere --now' })
    expect(run).toMatchObject({ state_type: 'CRASHED' })
    expect(run.state?.message).toContain('no-such-command-anywhere')
    expect(run.state?.message).toContain('127')
  })

  it('runs in the working directory that was asked for', async () => {
    const directory = join(await realpath(system.home), 'a place with spaces')
    await mkdir(directory)
    const run = await runCommand('pwd', { working_dir: directory })
    expect(await readOutput(system, run)).toEqual([directory])
  })

  it('is Crashed before anything is started when its working directory does not exist', async () => {
    const run = await runCommand('echo started', { working_dir: '/no/such/place' })
    expect(run).toMatchObject({ state_type: 'CRASHED' })
    expect(run.state?.message).toContain('/no/such/place')
    expect(await readStateNames(system, run)).not.toContain('Running')
    expect(await readOutput(system, run)).toEqual([])
  })

  it('gets an environment that is merged variable by variable, and null removes one', async () => {
    const show = 'echo "$STORY_INHERITED,$(printenv STORY_REMOVED || echo gone),$STORY_DEPLOYMENT,$STORY_BOTH"'
    const variables = { env: { STORY_REMOVED: null, STORY_DEPLOYMENT: 'deployment', STORY_BOTH: 'deployment' } }
    const run = await runCommand(show, variables, { job_variables: { env: { STORY_BOTH: 'run' } } })
    expect(await readOutput(system, run)).toEqual(['from the worker,gone,deployment,run'])
  })

  it('keeps its output whole: blank lines, a last line without an end, characters of several bytes, a NUL, a long line', async () => {
    const run = await runCommand(
      `printf 'one\\n\\nzwölf €\\n'; printf 'nul:\\000:\\n'; head -c 200000 /dev/zero | tr '\\0' x; printf '\\nlast'`,
    )
    expect(run).toMatchObject({ state_type: 'COMPLETED' })
    const lines = await readOutput(system, run)
    expect(lines.slice(0, 3)).toEqual(['one', '', 'zwölf €'])
    expect(lines[3]).toMatch(/^nul:.*:$/)
    expect(lines.slice(4, -1).join('')).toBe('x'.repeat(200_000))
    expect(lines.at(-1)).toBe('last')
  })

  it('leaves nothing behind', () => waitUntilClean(system.home))
})
