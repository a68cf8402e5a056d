import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createBlockDocument, createBlockSchema, createBlockType } from '@aedile/core/client/blocks'
import { createDeploymentFlowRun, readDeploymentByName } from '@aedile/core/client/deployments'
import { createWorkPool, readWorkPool, updateWorkPool } from '@aedile/core/client/work-pools'
import type { JsonObject } from '@aedile/core/json'
import { imageBuilder } from '@aedile/docker/image-build/image-builder'
import { openImageEngine } from '@aedile/docker/image-build/image-engine'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeNodeRoot } from '../../scripts/docker/node-root.mjs'
import { type Registry, startRegistry, whyNoRegistry } from '../../scripts/docker/registry.mjs'
import { cleanEnvironment, REPOSITORY, startAedile, startProgram } from '../support/program.ts'
import { readLogs, type System, startSystem, waitForEnd } from '../support/system.ts'

const host = process.env.AEDILE_TEST_DOCKER_HOST
const why = host ? whyNoRegistry() : 'AEDILE_TEST_DOCKER_HOST is not set'
const POOL = 'docker'
const BASE = 'aedile-test/node:24'

const FLOW = `
import { existsSync } from 'node:fs'
import { flow, getRunLogger } from '@aedile/sdk'
export const hello = flow({ name: 'hello' }, async () => {
  getRunLogger().info(\`Hello from \${process.cwd()}, secret \${existsSync('.env') ? 'there' : 'left out'}\`)
})
`

if (why) it.skip(`runs in an image of its project: ${why}`, () => {})

describe.runIf(!why)('a flow in TypeScript runs in an image of its project', () => {
  let system: System
  let registry: Registry
  let project: string
  let config: string

  beforeAll(async () => {
    mkdirSync(join(REPOSITORY, '.cache'), { recursive: true })
    // Inside the repository, so that reading the flow finds `@aedile/sdk`.
    project = mkdtempSync(join(REPOSITORY, '.cache', 'project-'))
    registry = await startRegistry()
    system = await startSystem()
    // By the command line, which gives a pool the template of its type.
    expect(await aedile('work-pool', 'create', POOL, '--type', 'docker')).toMatchObject({ exit: 0 })
    config = mkdtempSync(join(tmpdir(), 'aedile-docker-config-'))
    const auth = Buffer.from(`${registry.username}:${registry.password}`).toString('base64')
    writeFileSync(join(config, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }))
    writeFileSync(join(project, 'hello.ts'), FLOW)
    writeFileSync(join(project, '.env'), 'SECRET=1')
    await buildBase()
  }, 120_000)

  afterAll(async () => {
    for (const folder of [config, project]) if (folder) rmSync(folder, { recursive: true, force: true })
    await system?.close()
    await registry?.stop()
  })

  it('built, pushed with its digest recorded, pulled by the worker with a login, and run', async () => {
    const image = `${registry.host}/team/hello:1`
    const build = ['--image', image, '--base-image', BASE, '--no-pull']
    const deployed = await deploy('hello.ts:hello', '--name', 'boxed', '--pool', POOL, ...build)
    expect(deployed).toMatchObject({ exit: 0, stderr: expect.stringContaining(`Pushing ${image}`) })
    const [{ image_digest: digest }] = JSON.parse(deployed.stdout) as [{ image_digest: string }]
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(await digestInRegistry('team/hello', '1')).toBe(digest)
    const deployment = await readDeploymentByName(system.client, 'hello', 'boxed')
    const directory = `/opt/prefect/${basename(project)}`
    expect(deployment).toMatchObject({
      job_variables: { image },
      labels: { 'aedile.io/image-digest': digest },
      pull_steps: [{ 'prefect.deployments.steps.set_working_directory': { directory } }],
    })

    // What is on the engine now came from the registry.
    await removeImage(image)
    const credentials = { username: registry.username, password: registry.password, registry_url: registry.host, reauth: true }
    const worker = await system.startWorker({ pool: POOL, environment: { DOCKER_HOST: host! } })
    const run = await createDeploymentFlowRun(system.client, deployment.id, {
      job_variables: { registry_credentials: credentials },
    })
    const ended = await waitForEnd(system, run, 90)
    expect(`${ended.state_type}: ${ended.state?.message ?? ''}`).toMatch(/^COMPLETED/)
    expect(ended.labels).toMatchObject({ 'aedile.io/image-digest': digest })
    const said = (await readLogs(system, run)).map(({ message }) => message)
    expect(said).toContain(`Hello from ${directory}, secret left out`)
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('pushed and pulled with a credentials block, without any login of Docker', async () => {
    expect(await aedile('work-pool', 'create', 'private', '--type', 'docker')).toMatchObject({ exit: 0 })
    await useCredentials('private', await saveCredentials('team'))
    const image = `${registry.host}/team/block:1`
    const build = ['--image', image, '--base-image', BASE, '--no-pull', '--registry-credentials', 'team']
    const args = ['hello.ts:hello', '--name', 'block', '--pool', 'private', ...build]
    const { exit, stderr } = await aedileIn({ DOCKER_CONFIG: project }, 'deploy', ...args)
    expect({ exit, stderr }).toMatchObject({ exit: 0 })
    const deployment = await readDeploymentByName(system.client, 'hello', 'block')
    expect(JSON.stringify(deployment)).not.toContain(registry.password)
    await removeImage(image)
    const worker = await system.startWorker({ pool: 'private', environment: { DOCKER_HOST: host!, DOCKER_CONFIG: project } })
    const ended = await waitForEnd(system, await createDeploymentFlowRun(system.client, deployment.id, {}), 90)
    expect(`${ended.state_type}: ${ended.state?.message ?? ''}`).toMatch(/^COMPLETED/)
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('deployed again with other code, it has the new digest and keeps its id and schedules', async () => {
    const args = ['hello.ts:hello', '--name', 'again', '--pool', POOL, '--base-image', BASE, '--no-pull']
    const image = ['--image', `${registry.host}/team/again:1`]
    expect(await deploy(...args, ...image, '--cron', '0 6 * * *')).toMatchObject({ exit: 0 })
    const first = await readDeploymentByName(system.client, 'hello', 'again')
    writeFileSync(join(project, 'more.ts'), 'export const more = 1')
    expect(await deploy(...args, ...image)).toMatchObject({ exit: 0 })
    const second = await readDeploymentByName(system.client, 'hello', 'again')
    expect(second.id).toBe(first.id)
    expect(second.schedules).toMatchObject([{ schedule: { cron: '0 6 * * *' }, active: true }])
    expect(second.labels?.['aedile.io/image-digest']).not.toBe(first.labels?.['aedile.io/image-digest'])
    expect(await deploy(...args, ...image, '--no-push')).toMatchObject({ exit: 0 })
    expect((await readDeploymentByName(system.client, 'hello', 'again')).labels).not.toHaveProperty(['aedile.io/image-digest'])
  })

  it('as the steps of a prefect.yaml say', async () => {
    writeFileSync(join(project, 'Dockerfile'), `FROM ${BASE}\nWORKDIR /code\nCOPY hello.ts .\n`)
    writeFileSync(
      join(project, 'prefect.yaml'),
      `
build:
- prefect_docker.deployments.steps.build_docker_image:
    id: build-image
    requires: prefect-docker
    image_name: ${registry.host}/team/steps
    tag: v1
    additional_tags: [latest]
    pull: false
push:
- prefect_docker.deployments.steps.push_docker_image:
    image_name: "{{ build-image.image_name }}"
    tag: "{{ build-image.tag }}"
    additional_tags: "{{ build-image.additional_tags }}"
deployments:
- name: steps
  entrypoint: hello.ts:hello
  work_pool: {name: ${POOL}, job_variables: {image: "{{ build-image.image }}"}}
- name: twin
  entrypoint: hello.ts:hello
  work_pool: {name: ${POOL}, job_variables: {image: "{{ build-image.image }}"}}
`,
    )
    const deployed = await deploy('--all')
    expect(deployed).toMatchObject({ exit: 0 })
    // Once for both.
    expect(deployed.stderr.match(/Successfully built/g)).toHaveLength(1)
    const digest = await digestInRegistry('team/steps', 'v1')
    expect(await digestInRegistry('team/steps', 'latest')).toBe(digest)
    for (const name of ['steps', 'twin']) {
      expect(await readDeploymentByName(system.client, 'hello', name)).toMatchObject({
        job_variables: { image: `${registry.host}/team/steps:v1` },
        labels: { 'aedile.io/image-digest': digest },
        pull_steps: [{ 'prefect.deployments.steps.set_working_directory': { directory: '/code' } }],
      })
    }
  })

  it('deployed from its own code by flow.deploy()', async () => {
    const image = { name: `${registry.host}/team/own`, tag: '1', dockerfile: 'auto', baseImage: BASE, pull: false }
    const deploy = `console.log(await hello.deploy({ name: 'own', workPool: '${POOL}', image: ${JSON.stringify(image)} }))`
    writeFileSync(join(project, 'deploy.ts'), `import { hello } from './hello.ts'\n${deploy}\n`)
    const program = startProgram(
      process.execPath,
      ['--conditions=aedile-source', 'deploy.ts'],
      { ...cleanEnvironment(), AEDILE_HOME: system.home, AEDILE_API_URL: system.url, DOCKER_HOST: host!, DOCKER_CONFIG: config },
      project,
    )
    expect({ exit: await program.ended, stderr: program.stderr() }).toMatchObject({ exit: 0 })
    const deployment = await readDeploymentByName(system.client, 'hello', 'own')
    expect(program.stdout().trim().split('\n').at(-1)).toBe(deployment.id)
    expect(deployment).toMatchObject({
      job_variables: { image: `${registry.host}/team/own:1` },
      labels: { 'aedile.io/image-digest': await digestInRegistry('team/own', '1') },
      entrypoint: 'hello.ts:hello',
    })
  })

  it.each([
    ['a name that cannot be', ['--image', 'Team/Hello World'], /cannot be named "Team\/Hello World": it has spaces/],
    ['a Dockerfile that is not there', ['--image', 'team/x', '--dockerfile', 'none/Dockerfile'], /There is no Dockerfile .*none/],
    ['options of an image without one', ['--dockerfile', 'Dockerfile'], /add --image/],
    ['a pool without images', ['--image', 'team/x', '--pool', 'plain'], /The work pool plain \(process\) takes no image/],
    ['a registry that is away', ['--image', '127.0.0.1:1/team/x', '--no-pull'], /registry 127\.0\.0\.1:1 cannot be reached/],
  ])('%s is told in a sentence, and nothing is deployed', async (_, args, sentence) => {
    if (args.includes('plain')) await createWorkPool(system.client, { name: 'plain', type: 'process' })
    const base = [
      'hello.ts:hello',
      '--prefect-file',
      'empty.yaml',
      '--name',
      'bad',
      ...(args.includes('--pool') ? [] : ['--pool', POOL]),
    ]
    writeFileSync(join(project, 'empty.yaml'), '')
    const { exit, stderr } = await deploy(...base, ...args)
    expect(stderr).toMatch(sentence)
    expect(exit).toBeOneOf([1, 2, 3])
    await expect(readDeploymentByName(system.client, 'hello', 'bad')).rejects.toThrow()
  })

  const deploy = (...args: string[]) => aedile('deploy', ...args, '--json')

  const aedile = (...args: string[]) => aedileIn({ DOCKER_CONFIG: config ?? '' }, ...args)

  async function aedileIn(more: Record<string, string>, ...args: string[]) {
    const environment = { AEDILE_HOME: system.home, AEDILE_API_URL: system.url, DOCKER_HOST: host!, ...more }
    const program = startAedile(args, environment, project)
    const exit = await program.ended
    return { exit, stdout: program.stdout(), stderr: program.stderr() }
  }

  /** A block as a genuine client saves it. */
  async function saveCredentials(name: string): Promise<string> {
    const { client } = system
    const type = await createBlockType(client, { name: 'Docker Registry Credentials', slug: 'docker-registry-credentials' })
    const text = { type: 'string' }
    const properties = {
      username: text,
      password: { ...text, format: 'password' },
      registry_url: text,
      reauth: { type: 'boolean' },
    }
    const fields = { title: 'DockerRegistryCredentials', type: 'object', properties, secret_fields: ['password'] }
    const schema = await createBlockSchema(client, { fields, block_type_id: type.id })
    const { username, password, host: registry_url } = registry
    const data = { username, password, registry_url, reauth: true }
    return (await createBlockDocument(client, { name, data, block_schema_id: schema.id, block_type_id: type.id })).id
  }

  /** Has all runs of a pool pull with a block. */
  async function useCredentials(name: string, blockDocumentId: string): Promise<void> {
    const { base_job_template: template } = await readWorkPool(system.client, name)
    const { properties } = template.variables as { properties: Record<string, JsonObject> }
    properties.registry_credentials!.default = { $ref: { block_document_id: blockDocumentId } }
    await updateWorkPool(system.client, name, { base_job_template: template })
  }

  async function digestInRegistry(repository: string, tag: string): Promise<string | null> {
    const authorization = `Basic ${Buffer.from(`${registry.username}:${registry.password}`).toString('base64')}`
    const accept = 'application/vnd.docker.distribution.manifest.v2+json'
    const url = `http://${registry.host}/v2/${repository}/manifests/${tag}`
    const answer = await fetch(url, { method: 'HEAD', headers: { authorization, accept } })
    return answer.headers.get('docker-content-digest')
  }
})

/** The base image of TypeScript projects: no registry of the internet is asked in tests. */
async function buildBase(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'aedile-node-root-'))
  try {
    await makeNodeRoot(folder)
    writeFileSync(join(folder, 'Dockerfile'), 'FROM aedile-test/busybox:1\nENV PATH=/usr/local/bin:/bin\nCOPY . /\n')
    const place = { environment: { DOCKER_HOST: host! }, tell: () => {}, signal: AbortSignal.timeout(120_000) }
    await imageBuilder.build({ name: BASE, folder, entrypoint: null, pull: false, push: false }, place)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function removeImage(image: string): Promise<void> {
  const engine = await openImageEngine({ DOCKER_HOST: host! })
  try {
    await engine.remove(image)
    await expect(engine.inspect(image)).rejects.toMatchObject({ status: 404 })
  } finally {
    engine.close()
  }
}
