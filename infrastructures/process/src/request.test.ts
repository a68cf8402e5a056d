import { spawnSync } from 'node:child_process'
import type { Job, RunContext } from '@aedile/core/infrastructure-definition'
import { describe, expect, it } from 'vitest'
import { processDefinition } from './definition.ts'
import { buildHandle, buildRequest } from './request.ts'
import { toShell } from './shell.ts'

const facts = { id: 'process:host:boot:1', directory: '/srv/worker' }
const attempt = { key: '0191d5a0-0000-7000-8000-000000000009', server: 'server-1', flowRunId: 'run-1' }
const job = (values: Partial<Job> = {}): Job => ({ name: 'x', command: 'true', env: {}, labels: {}, ...values })
const build = (values: Partial<Job>) => buildRequest(job(values), facts, attempt)

describe('the request', () => {
  it('splits the command like a shell, and expands nothing', () => {
    expect(build({ command: `sh -c 'echo "$HOME"' a\\ b ""` }).argv).toEqual(['sh', '-c', 'echo "$HOME"', 'a b', ''])
  })

  it.each([null, '', '   '])('is refused for the command %j', (command) => {
    expect(() => build({ command })).toThrow('Process cannot be run with empty command.')
  })

  it('is the job and exactly our additions', () => {
    expect(build({ env: { A: '1', B: null }, working_dir: '/data', stream_output: false })).toEqual({
      name: attempt.key,
      argv: ['true'],
      env: {
        A: '1',
        PREFECT__FLOW_RUN_ID: 'run-1',
        PREFECT_CLIENT_CUSTOM_HEADERS: `{"X-Aedile-Attempt":"${attempt.key}"}`,
        AEDILE_ATTEMPT: attempt.key,
      },
      workingDirectory: '/data',
      streamOutput: false,
    })
  })

  it('adds the fence to headers that the user set, and replaces an inherited one', () => {
    const headers = { 'X-Team': 'cats', 'x-aedile-attempt': 'the attempt that the worker runs in' }
    const { env } = build({ env: { PREFECT_CLIENT_CUSTOM_HEADERS: JSON.stringify(headers) } })
    expect(JSON.parse(env.PREFECT_CLIENT_CUSTOM_HEADERS!)).toEqual({ 'X-Team': 'cats', 'X-Aedile-Attempt': attempt.key })
  })

  it.each(['no json', '[1]', '3'])('leaves headers that are no JSON object as they are: %s', (text) => {
    expect(build({ env: { PREFECT_CLIENT_CUSTOM_HEADERS: text } }).env.PREFECT_CLIENT_CUSTOM_HEADERS).toBe(text)
  })

  it("takes a relative working directory from the worker's own", () => {
    expect(build({ working_dir: 'flows' }).workingDirectory).toBe('/srv/worker/flows')
    expect(build({ working_dir: null }).workingDirectory).toBeNull()
  })
})

describe('the shell lines', () => {
  it('run the same command in the same environment', () => {
    const request = { ...build({ command: `sh -c 'echo "$A|$HOME"'`, working_dir: '/' }), env: { A: "it's" } }
    expect(spawnSync('/bin/sh', ['-c', toShell(request).join('\n')], { encoding: 'utf8' }).stdout).toBe("it's|\n")
  })

  it('begin in an empty directory when none is given, and throw output away when it is not wanted', () => {
    expect(toShell(build({ stream_output: false }))).toEqual([
      'cd "$(mktemp -d)"',
      expect.stringMatching(/ true >\/dev\/null 2>&1$/),
    ])
  })
})

describe('the handle', () => {
  it('is known before the start, and gives 30 seconds of grace as a genuine worker does', () => {
    expect(buildHandle(build({}), facts, attempt)).toEqual({
      type: 'process',
      target: facts.id,
      name: attempt.key,
      attempt: attempt.key,
      server: 'server-1',
      flowRunId: 'run-1',
      keep: false,
      graceSeconds: 30,
      native: {},
    })
  })
})

it('removes a variable that the job sets to null, though the worker has it and the configuration shows it', () => {
  const worker = { name: 'w', id: null, settings: {}, processEnvironment: { HOME: '/root', PATH: '/bin' } }
  const run = { flowRun: { id: 'run-1', name: 'cat', flow_id: 'flow-1' }, flow: null, deployment: null, workPool: null }
  const context = {
    ...run,
    worker: { ...worker, executeCommand: ['aedile-execute'], python: 'python3' },
  } as unknown as RunContext
  const prepared = processDefinition.prepare(job({ env: { HOME: null } }), context)
  expect(prepared.env).toMatchObject({ HOME: '/root' })
  const { env } = buildRequest(prepared, facts, attempt)
  expect(env).toMatchObject({ PATH: '/bin' })
  expect(env).not.toHaveProperty('HOME')
})
