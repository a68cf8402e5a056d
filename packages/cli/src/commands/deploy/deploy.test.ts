import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Deployment } from '@aedile/core/resources/deployment'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommandLine, lineOf } from '../../testing/command-line.ts'

let cli: CommandLine
let stopServer: () => Promise<void>

const HELLO = `
import { flow } from '@aedile/sdk'
import { z } from 'zod'
console.log('loading')
setInterval(() => {}, 1000)
export const hello = flow({ parameters: z.object({ name: z.string().default('World') }) }, async function hello({ name }) {
  return name
})
`

beforeAll(async () => {
  cli = new CommandLine()
  const server = cli.start('server', 'start', '--port', '0')
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  stopServer = () => {
    server.kill('SIGTERM')
    return ended
  }
  const [, url] = await lineOf(server, /API\s+(http\S+)\n/)
  cli.set('AEDILE_API_URL', url!)
  expect(await cli.run('work-pool', 'create', 'local', '--type', 'process')).toMatchObject({ code: 0 })
  writeFileSync(join(cli.folder, 'hello.ts'), HELLO)
})

afterAll(async () => {
  await stopServer()
  cli.close()
})

const inspect = async (name: string) => JSON.parse((await cli.run('deployment', 'inspect', name, '--json')).out) as Deployment

describe('aedile deploy', () => {
  it('deploys a flow of a file, whatever the file prints and leaves open', async () => {
    const args = ['--name', 'one', '--pool', 'local', '--param', 'name="Ada"', '--cron', '0 6 * * *', '--timezone', 'Europe/Rome']
    const { code, out, error } = await cli.run('deploy', '--tag', 'a', '--tag', 'b', 'hello.ts:hello', ...args, '--json')
    expect(error).toContain('loading')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject([{ full_name: 'hello/one', work_pool_name: 'local' }])
    expect(await inspect('hello/one')).toMatchObject({
      entrypoint: 'hello.ts:hello',
      parameters: { name: 'Ada' },
      tags: ['a', 'b'],
      schedules: [{ schedule: { cron: '0 6 * * *', timezone: 'Europe/Rome' }, active: true }],
      pull_steps: [{ 'prefect.deployments.steps.set_working_directory': { directory: cli.folder } }],
      parameter_openapi_schema: { properties: { name: { type: 'string', default: 'World' } } },
    })
  })

  it('deploys a plain command, and says how to run it', async () => {
    const { code, out } = await cli.run(
      'deploy',
      '--flow',
      'backup',
      '-n',
      'nightly',
      '-p',
      'local',
      '--job-variable',
      'command=sh b.sh',
    )
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('aedile deployment run backup/nightly') })
    expect(await inspect('backup/nightly')).toMatchObject({
      entrypoint: null,
      job_variables: { command: 'sh b.sh', working_dir: cli.folder },
    })
  })

  it('deploys what a file describes', async () => {
    const steps = '{prefect.deployments.steps.run_shell_script: {id: ver, script: echo 42}}'
    const deployments = `
- {name: a, entrypoint: "hello.ts:hello", version: "{{ ver.stdout }}", work_pool: {name: local}}
- {name: b, flow_name: backup, work_pool: {name: local, job_variables: {command: "echo {{ ver.stdout }}"}}}
- {name: c, flow_name: backup, work_pool: {name: local, job_variables: {command: "true"}}}
`
    writeFileSync(join(cli.folder, 'prefect.yaml'), `build: ${steps}\ndeployments:${deployments}`)
    expect(await cli.run('deploy', '-n', 'a', '-n', 'backup/b')).toMatchObject({ code: 0 })
    expect(await inspect('hello/a')).toMatchObject({ version: '42' })
    expect(await inspect('backup/b')).toMatchObject({ job_variables: { command: 'echo 42' } })
    expect(await cli.run('deployment', 'inspect', 'backup/c')).toMatchObject({ code: 3 })
  })

  it.each([
    [['deploy', 'hello.ts:helo', '-n', 'x', '-p', 'local', '--prefect-file', 'none.yaml'], 3, 'Flows found there: hello'],
    [['deploy', 'hello.ts:hello', '-n', 'x', '-p', 'lokal', '--prefect-file', 'none.yaml'], 3, 'Did you mean local?'],
    [['deploy', 'broken.ts:x', '-n', 'x', '-p', 'local', '--prefect-file', 'none.yaml'], 1, /broken\.ts:2: /],
    [
      ['deploy', 'hello.ts:hello', '-n', 'x', '-p', 'local', '--param', 'name=1', '--prefect-file', 'none.yaml'],
      2,
      'parameter name',
    ],
    [['deploy', 'new.ts:x', '-n', 'x', '-p', 'local', '--prefect-file', 'none.yaml'], 3, 'new.ts does not exist'],
    [['deploi'], 2, 'Did you mean deploy?'],
    [['deploy', '--pol', 'x'], 2, 'Did you mean --pool?'],
  ])('%j is refused in a sentence', async (args, code, why) => {
    writeFileSync(join(cli.folder, 'none.yaml'), '')
    writeFileSync(join(cli.folder, 'broken.ts'), 'export const x = {\n  a: 1,,\n}\n')
    const ended = await cli.run(...args)
    expect(ended.error).toMatch(why)
    expect(ended.code).toBe(code)
  })

  it('leaves nothing behind when it is refused, also not one of several when another is wrong', async () => {
    const good = '{name: good, entrypoint: "hello.ts:hello", work_pool: {name: local}}'
    const bad = '{name: bad, flow_name: other, work_pool: {name: local, job_variables: {command: x}}, schedules: [{cron: x}]}'
    writeFileSync(join(cli.folder, 'mixed.yaml'), `deployments: [${good}, ${bad}]`)
    expect(await cli.run('deploy', '--all', '--prefect-file', 'mixed.yaml')).toMatchObject({ code: 2 })
    const deployments = JSON.parse((await cli.run('deployment', 'ls', '--json')).out) as { full_name: string }[]
    expect(deployments.map((one) => one.full_name)).toEqual(['backup/b', 'backup/nightly', 'hello/a', 'hello/one'])
    const flows = JSON.parse((await cli.run('flow', 'ls', '--json')).out) as { name: string }[]
    expect(flows.map((one) => one.name).sort()).toEqual(['backup', 'hello'])
  })
})
