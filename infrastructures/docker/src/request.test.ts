import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { JsonObject } from '@aedile/core/json'
import { parseJsonKeepingNumbers } from '@aedile/core/python-text'
import { renderDocument } from '@aedile/core/rendering/render-document'
import { describe, expect, it } from 'vitest'
import { dockerDefinition } from './definition.ts'
import type { DockerRequest } from './request.ts'
import { toShell } from './shell.ts'

type Sent = {
  name: string | null
  platform: string | null
  body: JsonObject
  networks: string[]
  policy: string
  image: [string, string | null]
}
type Result = {
  id: string
  document: JsonObject
  request?: Sent
  error?: { type: string }
  request_error?: object
  differs?: string
}

// Made by tests/conformance/rendering/make-results.py, which asks the genuine worker and docker-py.
const file = new URL('../../../tests/conformance/rendering/results/docker.jsonl', import.meta.url)
const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(1)
const results = lines.map((line) => ({ ...(JSON.parse(line) as Result), line })).filter(({ differs }) => !differs)

const DIRECTORY = { directory: '/srv/worker' }

async function render(document: unknown) {
  const given = document as JsonObject
  const answer = await renderDocument(
    { ...given, facts: { ...DIRECTORY, ...(given.facts as JsonObject) } },
    async () => dockerDefinition,
  )
  if ('error' in answer) throw new Error(answer.error.message)
  if (answer.request === null) throw new Error(answer.request_error.message)
  return { ...answer, request: answer.request as DockerRequest }
}

const defaults = results.find(({ id }) => id === 'defaults')!.document
const withVariables = (job_variables: JsonObject) => ({
  ...defaults,
  flow_run: { ...(defaults.flow_run as JsonObject), job_variables },
})
const renderVariables = (variables: JsonObject) => render(withVariables(variables))

/** The body without our additions. */
function withoutOurs({ Env, Labels, ...body }: JsonObject): JsonObject {
  const isOurs = (line: unknown) => /^(AEDILE_ATTEMPT|PREFECT_CLIENT_CUSTOM_HEADERS)=/.test(String(line))
  const labels = Object.entries(Labels as JsonObject).filter(([name]) => !name.startsWith('io.aedile.'))
  return { ...body, Env: (Env as string[]).filter((line) => !isOurs(line)), Labels: Object.fromEntries(labels) }
}

/** The Engine is never asked to remove a container: it would take the outcome with it. */
function withoutRemoval(body: JsonObject): JsonObject {
  const { AutoRemove: _removal, ...HostConfig } = body.HostConfig as JsonObject
  return { ...body, HostConfig }
}

describe('the request is what docker-py sends for a genuine worker, and our additions', () => {
  it.each(results.filter(({ request }) => request))('in the case $id', async ({ line, request: sent }) => {
    const { request } = await render((parseJsonKeepingNumbers(line) as unknown as Result).document)
    const { name, platform, body, networks, policy, image } = sent!
    expect(withoutOurs(request.create)).toEqual(withoutRemoval(body))
    expect({ name: request.name, platform: request.platform, networks: request.networks }).toEqual({ name, platform, networks })
    expect({ policy: request.pull.policy, fromImage: request.pull.fromImage }).toEqual({ policy, fromImage: image[0] })
    expect(request.pull.tag).toBe(image[1] || 'latest')
  })

  it('adds the attempt to labels and environment, and takes removal upon itself', async () => {
    const { request } = await renderVariables({ auto_remove: true })
    const labels = { 'io.aedile.attempt': '<attempt>', 'io.aedile.server': '<server>', 'io.aedile.remove': 'true' }
    expect(request.create.Labels).toMatchObject(labels)
    expect(request.create.Labels).not.toHaveProperty('io.aedile.quiet')
    expect(request.create.Env).toContain('AEDILE_ATTEMPT=<attempt>')
    expect(request.create.Env).toContain('PREFECT_CLIENT_CUSTOM_HEADERS={"X-Aedile-Attempt":"<attempt>"}')
    expect(request.create.HostConfig).not.toHaveProperty('AutoRemove')
    expect(request.remove).toBe(true)
  })
})

describe('the extended template', () => {
  const gpu = {
    device_requests: [{ count: -1, capabilities: [['gpu']] }],
    shm_size: '1g',
    ulimits: [{ name: 'nofile', soft: 8 }],
    user: 1000,
  }

  it('renders as the default one does until something is set', async () => {
    for (const { document } of results.filter(
      ({ error, request_error, document: { base_job_template } }) => !error && !request_error && base_job_template === 'default',
    )) {
      const { configuration, request } = await render({ ...document, base_job_template: 'extended' })
      const expected = await render(document)
      expect({ configuration, request }).toEqual({ configuration: expected.configuration, request: expected.request })
    }
  })

  it.each([
    { container_create_kwargs: gpu },
    Object.fromEntries(Object.entries(gpu).map(([name, value]) => [`container_create_kwargs.${name}`, value])),
  ])('takes GPU, shared memory, limits and user to the container, set as %j', async (variables) => {
    const { request, warnings } = await render({ ...withVariables(variables as JsonObject), base_job_template: 'extended' })
    expect(warnings).toEqual([])
    expect(request.create.User).toBe('1000')
    expect(request.create.HostConfig).toMatchObject({
      DeviceRequests: [{ Driver: '', Count: -1, DeviceIDs: [], Capabilities: [['gpu']], Options: {} }],
      ShmSize: 1024 ** 3,
      Ulimits: [{ Name: 'nofile', Soft: 8, Hard: null }],
    })
  })

  it('warns of a wrong type before anything starts', async () => {
    const variables = { container_create_kwargs: { device_requests: [{ gpus: 1 }] } }
    const { warnings } = await render({ ...withVariables(variables), base_job_template: 'extended' })
    expect(warnings).toMatchObject([{ kind: 'ill-typed-variable', pointer: expect.stringContaining('/container_create_kwargs') }])
  })
})

it("hands the Engine's own field names through untouched", async () => {
  const { request } = await renderVariables({ container_create_kwargs: { Annotations: { a: [1.5, null] } } })
  expect(request.create.HostConfig).toMatchObject({ Annotations: { a: [1.5, null] } })
})

describe('pulling', () => {
  it.each([
    ['Always', { when: 'always', orLocal: false }],
    ['IfPossible', { when: 'always', orLocal: true }],
    ['IfNotPresent', { when: 'if-missing', orLocal: false }],
    ['Never', { when: 'never', orLocal: false }],
  ])('%s says when, and whether a local image will do', async (image_pull_policy, expected) => {
    expect((await renderVariables({ image_pull_policy })).request.pull).toMatchObject(expected)
  })

  const registry_credentials = { username: 'ann', password: 'hüsh', registry_url: 'r.io' }

  it('carries the login as the header that the Engine reads, and no password in plain text', async () => {
    const { request, origins } = await renderVariables({ registry_credentials })
    const { login } = request.pull
    expect(login).toMatchObject({ registry: 'r.io', reauth: true })
    const decoded = JSON.parse(Buffer.from(login!.authorization, 'base64url').toString())
    expect(decoded).toEqual({ username: 'ann', password: 'hüsh', email: null, serveraddress: 'r.io' })
    expect(JSON.stringify(request)).not.toContain('hüsh')
    expect(origins!.request['/pull/login/authorization']).toEqual(origins!.configuration['/registry_credentials/password'])
  })

  it('names the password as secret, whatever it came from', async () => {
    const { configuration } = await renderVariables({ registry_credentials })
    expect(dockerDefinition.secretPointers!(configuration)).toEqual(['/registry_credentials/password'])
    expect(dockerDefinition.secretPointers!((await renderVariables({})).configuration)).toEqual([])
  })
})

describe('a refusal', () => {
  it.each([
    [{ container_create_kwargs: { shm_sise: '1g' } }, 'shm_size'],
    [{ container_create_kwargs: { environment: {} } }, '/container_create_kwargs/environment'],
    [{ container_create_kwargs: { cpu_shares: 'many' } }, '/container_create_kwargs/cpu_shares'],
    [{ mem_limit: '1t' }, '/mem_limit'],
    [{ image: 'a:b:c' }, '/image'],
  ])('of %j names %s', async (variables, named) => {
    await expect(renderVariables(variables)).rejects.toThrow(named)
  })
})

describe('origins', () => {
  it('lead from the request to who set it', async () => {
    const { origins } = await renderVariables({
      image: 'a:1',
      labels: { 'team.acme/name': 'cats' },
      networks: ['x', 'y'],
      volumes: ['/a:/b'],
    })
    const path = (pointer: string) => [origins!.request[pointer]?.layer, origins!.request[pointer]?.path]
    expect(path('/create/Image')).toEqual(['flow-run', '/image'])
    expect(path('/create/Labels/acme.team.name')).toEqual(['flow-run', '/labels/team.acme~1name'])
    expect(path('/create/Labels/io.prefect.flow-run-id')).toEqual(['run', '/flow_run/id'])
    expect(path('/create/Labels/io.aedile.attempt')).toEqual(['attempt', '/key'])
    expect(path('/networks/0')).toEqual(['flow-run', '/networks/1'])
    expect(path('/create/HostConfig/Binds/0')).toEqual(['flow-run', '/volumes/0'])
    expect(path('/create/Env/0')).toEqual(['worker', '/settings/PREFECT_API_URL'])
  })

  it('lead from what container_create_kwargs became to its entries', async () => {
    const container_create_kwargs = {
      shm_size: '1g',
      user: 1000,
      device_requests: [{ count: -1 }],
      extra_hosts: ['a.acme:10.0.0.1'],
      platform: 'linux/arm64',
    }
    const { origins } = await renderVariables({ container_create_kwargs })
    const path = (pointer: string) => [origins!.request[pointer]?.layer, origins!.request[pointer]?.path]
    const kwargs = '/container_create_kwargs'
    expect(path('/create/HostConfig/ShmSize')).toEqual(['flow-run', `${kwargs}/shm_size`])
    expect(path('/create/User')).toEqual(['flow-run', `${kwargs}/user`])
    expect(path('/create/HostConfig/DeviceRequests/0/Count')).toEqual(['flow-run', `${kwargs}/device_requests/0/count`])
    expect(path('/create/HostConfig/DeviceRequests/0/Driver')[0]).toBe('type')
    expect(path('/create/HostConfig/ExtraHosts/0')).toEqual(['flow-run', `${kwargs}/extra_hosts/0`])
    expect(path('/create/HostConfig/ExtraHosts/1')[0]).toBe('type')
    expect(path('/platform')).toEqual(['flow-run', `${kwargs}/platform`])
  })
})

describe('the shell lines', () => {
  it('pull, create, connect and start, in this order, with the login as a variable', async () => {
    const registry_credentials = { username: 'ann', password: 'hush', registry_url: 'r.io' }
    const { request } = await renderVariables({ image: 'r.io/a:1', networks: ['x', 'y z'], registry_credentials })
    const shell = toShell(request)
    expect(shell).toHaveLength(4)
    expect(shell[0]).toMatch(/images\/r\.io\/a:1\/json.* \|\| .*\$REGISTRY_AUTH.*fromImage=r\.io%2Fa&tag=1/)
    expect(shell[1]).toContain('/containers/create?name=crazy-cat')
    expect(shell[2]).toContain('/networks/y%20z/connect')
    expect(shell[3]).toContain('/containers/$container/start')
    expect(shell.join()).not.toContain(request.pull.login!.authorization)
  })

  it('send what start() sends', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'aedile-docker-'))
    const socket = join(folder, 'engine.sock')
    const seen: [string, unknown][] = []
    const engine = createServer((incoming, answer) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => {
        const body = Buffer.concat(chunks).toString()
        seen.push([`${incoming.method} ${incoming.url}`, body && JSON.parse(body)])
        answer.end(incoming.url!.includes('/create?name') ? '{"Id":"abc123","Warnings":[]}\n' : '{}')
      })
    })
    await new Promise<void>((resolve) => engine.listen(socket, resolve))
    try {
      const { request } = await renderVariables({
        networks: ['x', 'y z'],
        command: `sh -c 'echo "it'"'"'s $HOME"'`,
        image: 'acme',
      })
      const env = { PATH: process.env.PATH!, DOCKER_SOCKET: socket }
      await promisify(execFile)('/bin/sh', ['-ec', toShell(request).join('\n')], { env, timeout: 20_000 })
      expect(seen).toEqual([
        ['POST /v1.41/images/create?fromImage=acme&tag=latest', ''],
        ['POST /v1.41/containers/create?name=crazy-cat', request.create],
        ['POST /v1.41/networks/y%20z/connect', { Container: 'abc123' }],
        ['POST /v1.41/containers/abc123/start', ''],
      ])
    } finally {
      engine.close()
      rmSync(folder, { recursive: true })
    }
  })

  it('pull nothing when told never to', async () => {
    expect(toShell((await renderVariables({ image_pull_policy: 'Never' })).request)[0]).toMatch(/^container=/)
  })
})

describe('the handle', () => {
  const attempt = { key: 'attempt-1', server: 'server-1', flowRunId: 'run-1' }
  const facts = { id: 'docker:engine-1' }

  it('is known before the start, keeps what is not to be removed, and gives 30 seconds of grace', async () => {
    const { request } = await renderVariables({})
    expect(dockerDefinition.handle(request, facts, attempt)).toEqual({
      type: 'docker',
      target: 'docker:engine-1',
      name: 'crazy-cat',
      attempt: 'attempt-1',
      server: 'server-1',
      flowRunId: 'run-1',
      keep: true,
      graceSeconds: 30,
      native: {},
    })
    expect(dockerDefinition.handle({ ...request, remove: true, name: null }, facts, attempt)).toMatchObject({
      keep: false,
      name: 'attempt-1',
    })
  })

  it('has the genuine pid once address and container are known', async () => {
    const handle = dockerDefinition.handle((await renderVariables({})).request, facts, attempt)
    expect(dockerDefinition.infrastructurePid(handle)).toBeNull()
    const native = { baseUrl: 'http+docker://localhost', containerId: 'abc' }
    expect(dockerDefinition.infrastructurePid({ ...handle, native })).toBe('http+docker://localhost:abc')
  })
})
