import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readWorkPool } from '@aedile/core/client/work-pools'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runAedile, startAedile } from '../support/program.ts'
import {
  createCommandDeployment,
  createRun,
  readOutput,
  type System,
  startSystem,
  waitForEnd,
  waitForState,
} from '../support/system.ts'
import { writeTinyInfrastructure } from './tiny-infrastructure.ts'

/** A fifth infrastructure is one new package: nothing of ours knows the type `tiny`. */
let project: string
let system: System
let environment: Record<string, string>
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'aedile-extension-'))
  const folder = join(project, 'node_modules', 'tiny-infrastructure')
  await writeTinyInfrastructure(folder)
  system = await startSystem('sqlite', { AEDILE_INFRASTRUCTURES: folder })
  environment = { AEDILE_HOME: system.home, AEDILE_API_URL: system.url, AEDILE_INFRASTRUCTURES: folder }
})
afterAll(async () => {
  await system?.close()
  await rm(project, { recursive: true, force: true })
})

it('a pool of its type is created with its template, and a command runs on it to its end', async () => {
  const made = await runAedile(['work-pool', 'create', 'small', '--type', 'tiny'], environment)
  expect(made).toMatchObject({ exit: 0, stderr: '' })
  expect(made.stdout).toContain('Work pool small of type tiny')
  const pool = await readWorkPool(system.client, 'small')
  expect(pool.base_job_template).toMatchObject({ job_configuration: { greeting: '{{ greeting }} from tiny' } })

  const deployment = (name: string, command: string) =>
    createCommandDeployment(system, command, { name, pool: 'small', variables: { greeting: 'salve' } })
  const worker = await system.startWorker({ pool: 'small', environment })
  const good = await createRun(system, await deployment('good', 'echo "$GREETING to $RUN"'))
  await waitForState(system, good, 'COMPLETED')
  expect(await readOutput(system, good)).toEqual([`salve from tiny to ${good.id}`])
  const bad = await createRun(system, await deployment('bad', 'exit 7'))
  const ended = await waitForEnd(system, bad)
  expect(ended.state_type).toBe('CRASHED')
  expect(ended.state?.message).toContain('Tiny ended with 7.')
  expect(ended.infrastructure_pid).toMatch(/^tiny:\d+$/)

  expect(await worker.end('SIGTERM')).toBe(0)
  expect(await readdir(join(system.home, 'tiny')), 'what was made is removed').toEqual([])
})

it('the server tells clients of the type, with its variables', async () => {
  const answer = await fetch(`${system.url}/collections/views/aggregate-worker-metadata`)
  const { aedile } = (await answer.json()) as Record<string, Record<string, Record<string, unknown>>>
  expect(aedile?.tiny).toMatchObject({ type: 'tiny', display_name: 'Tiny', description: 'Runs a command and greets.' })
  expect(JSON.stringify(aedile?.tiny?.default_base_job_configuration)).toContain('Greeting')
})

it('a package is also found by its name or relative path, from the project that it is installed in', async () => {
  const args = ['work-pool', 'get-default-base-job-template', '--type', 'tiny']
  for (const named of ['tiny-infrastructure', './node_modules/tiny-infrastructure']) {
    const found = startAedile(args, { ...environment, AEDILE_INFRASTRUCTURES: named }, project)
    expect(await found.ended).toBe(0)
    expect(JSON.parse(found.stdout()).variables.properties.greeting.default).toBe('hello')
  }
})

it('a type that nobody brings is refused with the types that there are', async () => {
  const own = 'cloud-run, cloud-run-v2, docker, kubernetes, process'
  const sentence = (type: string, known: string) =>
    `There is no infrastructure of type ${type}. Known types: ${known}. Install its package or name it in AEDILE_INFRASTRUCTURES.`
  const unknown = await runAedile(['work-pool', 'create', 'other', '--type', 'huge'], environment)
  expect(unknown.exit).toBe(1)
  expect(unknown.stderr.trim()).toBe(sentence('huge', `${own}, tiny`))
  const { AEDILE_INFRASTRUCTURES: _, ...without } = environment
  const worker = await runAedile(['worker', 'start', '--pool', 'small'], without)
  expect(worker.exit).toBe(1)
  expect(worker.stderr).toContain(sentence('tiny', own))
})

it('a package that is named and not there, or no infrastructure, is refused by its name', async () => {
  const create = (named: string) =>
    runAedile(['work-pool', 'create', 'other', '--type', 'process'], { ...environment, AEDILE_INFRASTRUCTURES: named })
  const missing = await create('no-such-infrastructure')
  expect(missing.exit).toBe(1)
  expect(missing.stderr).toMatch(
    /^AEDILE_INFRASTRUCTURES names no-such-infrastructure, which is not installed \(looked for from .*\)\. Install/,
  )
  const other = await create('zod')
  expect(other.exit).toBe(1)
  expect(other.stderr).toContain('AEDILE_INFRASTRUCTURES names zod, which has no "aedile": {"types": [...]} in its package.json')
})
