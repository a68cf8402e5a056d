import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { JsonObject } from '@aedile/core/json'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommandLine, lineOf } from '../../../testing/command-line.ts'

const ROOT = fileURLToPath(new URL('../../../../../../', import.meta.url))
const EXAMPLE = join(ROOT, 'examples/typed-job-variables')

/** A type whose default has changed since it was first published. */
const DEFINITION = `
const template = (image, more, variables) => ({
  job_configuration: { name: '{{ name }}', command: '{{ command }}', env: '{{ env }}', labels: '{{ labels }}', image, ...more },
  variables: { type: 'object', properties: { name: {}, command: {}, env: {}, labels: {}, ...variables } },
})
export const definitions = [{
  type: 'shed', displayName: 'Shed', description: '', documentationUrl: '', logoUrl: '', variables: {},
  defaultBaseJobTemplate: template('new', { tools: '{{ tools }}' }, { tools: { type: 'string', default: 'few' } }),
  olderBaseJobTemplates: [template('old', {}, {})],
  extendedBaseJobTemplate: template('new', { tools: '{{ tools }}', roof: '{{ roof }}' }, { tools: { type: 'string', default: 'few' }, roof: {} }),
}]
`

let cli: CommandLine
let stopServer: () => Promise<void>
let apiUrl: string

beforeAll(async () => {
  cli = new CommandLine()
  writeFileSync(join(cli.folder, 'definition.mjs'), DEFINITION)
  const shed = { name: 'shed', version: '1.0.0', type: 'module', exports: { './definition': './definition.mjs' } }
  writeFileSync(join(cli.folder, 'package.json'), JSON.stringify({ ...shed, aedile: { types: ['shed'] } }))
  cli.set('AEDILE_INFRASTRUCTURES', cli.folder)
  const server = cli.start('server', 'start', '--port', '0')
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  stopServer = () => {
    server.kill('SIGTERM')
    return ended
  }
  apiUrl = (await lineOf(server, /API\s+(http\S+)\n/))[1]!
  cli.set('AEDILE_API_URL', apiUrl)
})

afterAll(async () => {
  await stopServer()
  cli.close()
})

function write(name: string, template: JsonObject, edit = (text: string) => text): string {
  writeFileSync(join(cli.folder, name), edit(JSON.stringify(template)))
  return `./${name}`
}
const json = async (...args: string[]) => JSON.parse((await cli.run(...args, '--json')).out)
const older = { name: '{{ name }}', command: '{{ command }}', env: '{{ env }}', labels: '{{ labels }}', image: 'old' }
const declared = { name: {}, command: {}, env: {}, labels: {} }
const build = (job: JsonObject, variables: JsonObject = declared): JsonObject => ({
  job_configuration: { ...older, ...job },
  variables: { type: 'object', properties: variables },
})

describe('a template that is not clean', () => {
  it('is not saved, or with --no-lint it is, and the pool shows what is wrong wherever it is shown', async () => {
    const file = write('unclean.json', build({ motd: '{{ comand | upper }}' }))
    const create = ['work-pool', 'create', 'unclean', '-t', 'shed', '--base-job-template', file]
    const refused = await cli.run(...create)
    expect(refused).toMatchObject({
      code: 1,
      error: expect.stringMatching(/\/job_configuration\/motd: .*Did you mean command\?/),
    })
    const accepted = await cli.run(...create, '--no-lint')
    expect(accepted).toMatchObject({ code: 0, error: expect.stringContaining('warning: /job_configuration/motd') })
    expect((await cli.run('work-pool', 'ls')).out).toMatch(/unclean.*1 warning/)
    expect((await cli.run('work-pool', 'inspect', 'unclean')).out).toContain('not clean:\n  /job_configuration/motd')
    expect(await cli.run('work-pool', 'update', 'unclean', '--base-job-template', file)).toMatchObject({ code: 1 })
    const linted = await cli.run('work-pool', 'template', 'lint', 'unclean', '--json')
    expect(linted.code).toBe(1)
    expect(JSON.parse(linted.out)).toMatchObject([{ code: 'placeholder-malformed', nearest: 'command' }])
    expect(await cli.run('work-pool', 'template', 'lint', file)).toMatchObject({ code: 1 })
  })
})

describe('a template of a pool', () => {
  it('is the default one or the extended one, and differs from neither', async () => {
    await cli.run('work-pool', 'create', 'large', '-t', 'shed', '--template', 'extended')
    expect(await json('work-pool', 'template', 'diff', 'large', '--to', 'extended')).toEqual([])
    expect(await json('work-pool', 'template', 'diff', 'large')).toEqual([
      { kind: 'added', pointer: '/job_configuration/roof', after: '{{ roof }}' },
      { kind: 'added', pointer: '/variables/properties/roof', after: {} },
    ])
    const none = await cli.run('work-pool', 'create', 'p', '-t', 'process', '--template', 'extended')
    expect(none).toMatchObject({ code: 2, error: expect.stringContaining('has no extended template') })
  })

  it('is upgraded from the published default that it came from: edits stay, the rest is new', async () => {
    const file = write('edited.json', build({ motd: 'hello' }), (text) => text.replace('"hello"', '["hello", 1.0]'))
    expect(await cli.run('work-pool', 'create', 'edited', '-t', 'shed', '--base-job-template', file)).toMatchObject({ code: 0 })
    const dry = await cli.run('work-pool', 'template', 'upgrade', 'edited', '--dry-run')
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining('nothing was saved') })
    expect(await json('work-pool', 'template', 'upgrade', 'edited')).toMatchObject({ saved: true, conflicts: [] })
    const { base_job_template: template } = await json('work-pool', 'inspect', 'edited')
    expect(template.job_configuration).toEqual({ ...older, image: 'new', tools: '{{ tools }}', motd: ['hello', 1] })
    const answer = await fetch(`${apiUrl}/work_pools/edited`)
    expect(await answer.text()).toContain('"motd":["hello",1.0]')
    expect((await cli.run('work-pool', 'template', 'upgrade', 'edited')).out).toContain('up to date')
  })

  it('is not upgraded while a conflict is open; each is settled by its pointer', async () => {
    await cli.run(
      'work-pool',
      'create',
      'torn',
      '-t',
      'shed',
      '--base-job-template',
      write('torn.json', build({ image: 'mine' })),
    )
    const from = ['--from', write('older.json', build({}))]
    const upgrade = ['work-pool', 'template', 'upgrade', 'torn', ...from]
    const open = await cli.run(...upgrade)
    expect(open.code).toBe(1)
    expect(open.out).toMatch(/\/job_configuration\/image\s+"old"\s+"mine"\s+"new"\s+no/)
    expect(open.error).toContain("--ours '/job_configuration/image'")
    expect((await json('work-pool', 'inspect', 'torn')).base_job_template.job_configuration.image).toBe('mine')
    const mistyped = await cli.run(...upgrade, '--ours', '/job_configuration/imag')
    expect(mistyped).toMatchObject({ code: 2, error: expect.stringContaining('no conflict at /job_configuration/imag') })
    expect(await cli.run(...upgrade, '--ours', 'all', '--theirs', '/job_configuration/image')).toMatchObject({ code: 0 })
    expect((await json('work-pool', 'inspect', 'torn')).base_job_template.job_configuration).toMatchObject({ image: 'new' })
  })
})

describe('a job variable that the pool does not know', () => {
  it('is refused before a deployment or a run is made, with the nearest one', async () => {
    await cli.run('work-pool', 'create', 'known', '-t', 'shed')
    const deploy = ['deploy', '--flow', 'f', '-n', 'd', '-p', 'known', '--job-variable', 'command=true']
    const misspelt = await cli.run(...deploy, '--job-variable', 'tool=x')
    expect(misspelt).toMatchObject({ code: 2, error: expect.stringContaining('no job variable tool. Did you mean tools?') })
    expect(await cli.run(...deploy)).toMatchObject({ code: 0 })
    const run = ['deployment', 'run', 'f/d', '--job-variable']
    expect(await cli.run(...run, 'tool=x')).toMatchObject({ code: 2, error: expect.stringContaining('Did you mean tools?') })
    expect(await cli.run(...run, 'tools=1')).toMatchObject({ code: 2, error: expect.stringContaining("not of type 'string'") })
    expect(await cli.run(...run, 'tool=x', '--allow-unknown-variables')).toMatchObject({ code: 0 })
  })
})

describe('the types of job variables', () => {
  it('are written as the example has them, and a wrong variable in deploy() does not compile', async () => {
    const template = join(EXAMPLE, 'template.json')
    await cli.run('work-pool', 'create', 'batch', '-t', 'process', '--base-job-template', template)
    const written = 'types/batch.ts'
    expect(await cli.run('work-pool', 'types', 'batch', '--output', written)).toMatchObject({ code: 0 })
    const text = readFileSync(join(cli.folder, written), 'utf8')
    expect(text).toBe(readFileSync(join(EXAMPLE, 'work-pools/batch.ts'), 'utf8'))
    expect((await cli.run('work-pool', 'types', 'batch')).out).toBe(text)

    const deploy = (jobVariables: string, pool = "'batch'") =>
      `import { flow } from '@aedile/sdk'\nimport type {} from './types/batch.ts'\nconst f = flow(async function f() {})\nawait f.deploy({ workPool: ${pool}, jobVariables: ${jobVariables} })\n`
    const faults = await compile({
      'right.ts': deploy("{ region: 'us', batch_size: 5, working_dir: null, 'env.A': 'b' }"),
      'other-pool.ts': deploy('{ anything: [1] }', "'other'"),
      'wrong-name.ts': deploy('{ batchSize: 5 }'),
      'wrong-type.ts': deploy("{ batch_size: '5' }"),
      'wrong-value.ts': deploy("{ region: 'asia' }"),
      'wrong-entry.ts': deploy("{ 'env.A': 1 }"),
    })
    expect(faults).toEqual({
      'wrong-name.ts': expect.stringMatching(/TS2561|TS2353/),
      'wrong-type.ts': expect.stringContaining("Type 'string' is not assignable to type 'number'"),
      'wrong-value.ts': expect.stringContaining('Type \'"asia"\' is not assignable to type \'"eu" | "us" | null | undefined\''),
      'wrong-entry.ts': expect.stringContaining("Type 'number' is not assignable to type 'string'"),
    })
    const example = await execute(join(EXAMPLE, 'deploy.ts'))
    expect(example).toMatchObject({ code: 0 })
    expect((await json('deployment', 'inspect', 'cleanUp/cleanUp')).job_variables).toEqual({
      region: 'us',
      batch_size: 500,
      'env.LOG_LEVEL': 'debug',
    })
    // Without the compiler it is refused before anything is made.
    const refused = await execute(join(cli.folder, 'wrong-name.ts'))
    expect(refused).toMatchObject({ code: 1, error: expect.stringContaining('Did you mean batch_size?') })
    expect(await cli.run('deployment', 'inspect', 'f/f')).toMatchObject({ code: 3 })
    expect(faults['wrong-name.ts']).toContain("'batchSize' does not exist in type 'BatchVariables'")
  })
})

/** Runs a file with Node, as its author would. */
function execute(file: string): Promise<{ code: number; error: string }> {
  const flags = ['--conditions=aedile-source', '--disable-warning=ExperimentalWarning']
  const env = { ...process.env, AEDILE_HOME: cli.home, AEDILE_API_URL: apiUrl }
  return new Promise((resolve) => {
    execFile(process.execPath, [...flags, file], { cwd: cli.folder, env }, (fault, _out, error) =>
      resolve({ code: typeof fault?.code === 'number' ? fault.code : 0, error }),
    )
  })
}

/** Compiles files beside the written types, and the example. Returns the first error of each file that has one. */
async function compile(files: Record<string, string>): Promise<Record<string, string>> {
  mkdirSync(cli.folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cli.folder, name), text)
  const options = { noEmit: true, customConditions: ['aedile-source'], lib: ['es2024', 'dom'] }
  const config = {
    extends: relative(cli.folder, join(ROOT, 'tsconfig.base.json')),
    compilerOptions: options,
    files: [...Object.keys(files), relative(cli.folder, join(EXAMPLE, 'deploy.ts'))],
  }
  writeFileSync(join(cli.folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
  const out = await new Promise<string>((resolve) => {
    execFile(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], { cwd: cli.folder }, (_error, stdout) => resolve(stdout))
  })
  const errors: Record<string, string> = {}
  for (const line of out.split('\n')) {
    const file = /^(.+?)\(\d+,\d+\): error /.exec(line)?.[1]
    if (file) errors[file] ??= line
  }
  return errors
}
