// One file: whatever scripts start has one owner on an engine, and these tests count it.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect as connectTo, createServer as createProxy, type Socket } from 'node:net'
import { join } from 'node:path'
import type { JsonObject } from '@aedile/core/json'
import { KeptLog, KeptOutput, makeHome, sourcesOf } from '@aedile/worker/testing/class-stage'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Registry, startRegistry, whyNoRegistry } from '../../../scripts/docker/registry.mjs'
import type { EngineApi } from './api.ts'
import { DockerContainer, type DockerContainerAttributes } from './class.ts'
import { inspectOrNull } from './containers.ts'
import { SERVER_LABEL } from './labels.ts'
import { DockerRegistry } from './registry.ts'
import { openTestEngine, TEST_IMAGE, testEngine } from './testing/engine.ts'
import { OutsideEngine } from './testing/outside.ts'
import { withEngine } from './testing/with-engine.ts'

const { home, remove } = makeHome()
const config = join(home, 'docker')
let api: EngineApi

async function run(attributes: DockerContainerAttributes, environment: Record<string, string> = {}, streamOutput?: boolean) {
  const log = new KeptLog()
  const output = new KeptOutput()
  const started: string[] = []
  const result = await new DockerContainer({ image: TEST_IMAGE, ...attributes }).run({
    logger: log,
    output,
    sources: sourcesOf(environment),
    onStarted: (id) => started.push(id),
    ...(streamOutput === undefined ? {} : { streamOutput }),
  })
  return { result, started, log: log.lines, out: output.out, error: output.error }
}

/** Starts a container that goes on, and resolves when it runs. */
async function begin(attributes: DockerContainerAttributes = {}, signal?: AbortSignal) {
  const { promise, resolve } = Promise.withResolvers<{ id: string; infrastructurePid: string }>()
  const container = new DockerContainer({ image: TEST_IMAGE, command: ['sleep', '1000'], ...attributes })
  const log = new KeptLog()
  const running = container.run({
    logger: log,
    sources: sourcesOf({}),
    graceSeconds: 0,
    onStarted: (id, { infrastructurePid }) => resolve({ id, infrastructurePid }),
    ...(signal ? { signal } : {}),
  })
  return { container, running, log, ...(await Promise.race([promise, running.then(() => Promise.reject(new Error('ended')))])) }
}

withEngine('DockerContainer on an engine', () => {
  beforeAll(async () => {
    // Row 175: the engine is found as Docker's own tools find it.
    vi.stubEnv('DOCKER_HOST', testEngine!)
    vi.stubEnv('DOCKER_CONFIG', config)
    api = await openTestEngine()
  })
  afterAll(async () => {
    for (const { Id } of await api.listContainers({ label: [`${SERVER_LABEL}=script`] })) await api.removeContainer(Id)
    for (const { Name } of await api.listVolumes({ label: ['io.aedile.closed'] })) await api.removeVolume(Name)
    api.close()
    vi.unstubAllEnvs()
    remove()
  })

  it('runs a command and resolves with the id and the exit code (rows 173, 175, 177, 198, 201, 213)', async () => {
    const { result, out, error, started } = await run({ command: ['sh', '-c', 'echo "a  b"; echo err >&2; exit 3'] })
    expect([out, error]).toEqual(['a  b\n', 'err\n'])
    expect(result).toMatchObject({ statusCode: 3, ok: false })
    expect(started).toEqual([result.identifier])
    expect((await inspectOrNull(api, result.identifier))?.State.ExitCode).toBe(3)
  })

  it('keeps the container for a look, unless it shall go (row 176)', async () => {
    const kept = await run({ command: ['true'] })
    const gone = await run({ command: ['true'], autoRemove: true })
    expect(await inspectOrNull(api, kept.result.identifier)).not.toBeNull()
    expect(await inspectOrNull(api, gone.result.identifier)).toBeNull()
    expect(gone.result.ok).toBe(true)
  })

  it('gives it variables, labels, a name and mounts (rows 178, 182, 183, 189, 200)', async () => {
    const { result, out } = await run({
      command: ['sh', '-c', 'echo $A; cat /given/text'],
      env: { A: 'x y', GONE: null },
      labels: { 'a.b/c': 'd' },
      name: '_class test',
      volumes: [`${makeFile('text', 'mounted')}:/given`],
    })
    expect(out).toBe('x y\nmounted')
    const container = await inspectOrNull(api, result.identifier)
    expect(container?.Name).toMatch(/^\/class-test/)
    expect(container?.Config.Labels).toMatchObject({ 'b.a.c': 'd', 'io.prefect.version': '3.8.8' })
  })

  it('creates exactly what the preview shows, which creates nothing (rows 168, 199, 212)', async () => {
    const attributes = { command: ['env'], env: { A: '1' }, networkMode: 'bridge' }
    const sources = { PREFECT_API_URL: 'http://localhost:4200/api' }
    const before = await countContainers()
    const preview = JSON.parse(
      await new DockerContainer({ image: TEST_IMAGE, ...attributes }).preview({ sources: sourcesOf(sources) }),
    )
    expect(await countContainers()).toBe(before)
    const { result, out } = await run(attributes, sources)
    const created = (await api.inspectContainer(result.identifier)) as unknown as {
      Config: { Image: string; Cmd: string[]; Labels: object }
      HostConfig: { NetworkMode: string; ExtraHosts: string[] }
    }
    expect(created.Config).toMatchObject({ Image: preview.image, Cmd: preview.command, Labels: preview.labels })
    expect(created.HostConfig).toMatchObject({
      NetworkMode: preview.network_mode,
      ExtraHosts: Object.entries(preview.extra_hosts).map((pair) => pair.join(':')),
    })
    expect(preview.environment).toEqual({ PREFECT_API_URL: 'http://host.docker.internal:4200/api', A: '1' })
    for (const [name, value] of Object.entries(preview.environment)) expect(out).toContain(`${name}=${value}\n`)
    expect(out).not.toContain('X-Aedile-Attempt')
  })

  it('reaches an API of this machine through its network (rows 184, 191)', async () => {
    const server = createServer((_, answer) => answer.end('reached'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { out } = await run(
      { command: ['sh', '-c', 'wget -qO- $PREFECT_API_URL'] },
      { PREFECT_API_URL: `http://127.0.0.1:${port}/` },
    )
    server.close()
    expect(out).toBe('reached')
  })

  const HERE = { PREFECT_API_URL: 'http://127.0.0.1:4200/api' }
  const THERE = { PREFECT_API_URL: 'https://api.test/api' }
  const gateway = ['host.docker.internal:host-gateway']
  it.each([
    ['no API', {}, {}, 'bridge', undefined, gateway],
    ['an API of this machine', {}, HERE, 'host', HERE, gateway],
    ['an API elsewhere', {}, THERE, 'bridge', THERE, null],
    [
      'a mode of its own',
      { networkMode: 'bridge' },
      HERE,
      'bridge',
      { PREFECT_API_URL: 'http://host.docker.internal:4200/api' },
      gateway,
    ],
    ['an API in env', { env: THERE }, HERE, 'bridge', THERE, null],
    ['an API of this machine in env', { env: HERE, networkMode: 'bridge' }, {}, 'bridge', HERE, gateway],
  ])(
    'with %s has the network, the hosts and the URL for it (rows 185, 191, 192, 193, 204, 211)',
    async (_, attributes, settings, mode, url, hosts) => {
      const { result, out } = await run({ command: ['sh', '-c', 'echo "$PREFECT_API_URL"'], ...attributes }, settings)
      const { HostConfig } = (await api.inspectContainer(result.identifier)) as unknown as { HostConfig: JsonObject }
      // What docker-py is not told, the engine calls its default.
      expect(String(HostConfig.NetworkMode).replace('default', 'bridge')).toBe(mode)
      expect(HostConfig.ExtraHosts ?? null).toEqual(hosts)
      expect(out).toBe(`${url?.PREFECT_API_URL ?? ''}\n`)
    },
  )

  it('on a network of its own asks for no mode, though the API is on this machine (row 186)', async () => {
    const outside = new OutsideEngine(testEngine!)
    const network = `class-${process.pid}-own`
    await outside.createNetwork(network)
    const { result, out } = await run({ command: ['sh', '-c', 'echo $PREFECT_API_URL'], networks: [network] }, HERE)
    expect(await outside.networksOf(result.identifier)).toEqual([network])
    expect(out).toBe('http://host.docker.internal:4200/api\n')
    await outside.removeContainer(result.identifier)
    await outside.removeNetwork(network)
  })

  it.each([
    ['127.0.0.1:9/tagged:1', null, 'runs'],
    ['127.0.0.1:9/tagged:latest', null, 'pulls'],
    ['127.0.0.1:9/tagged', null, 'pulls'],
    ['127.0.0.1:9/tagged:latest', 'IF_NOT_PRESENT', 'runs'],
    ['127.0.0.1:9/tagged:latest', 'NEVER', 'runs'],
    ['127.0.0.1:9/tagged:1', 'ALWAYS', 'pulls'],
    ['127.0.0.1:9/missing:1', null, 'pulls'],
    ['127.0.0.1:9/missing:1', 'NEVER', 'is missing'],
  ] as const)(
    '%s with the policy %s %s; its registry is away (rows 180, 203, 205, 223, 224, 225)',
    async (image, policy, then) => {
      const outside = new OutsideEngine(testEngine!)
      for (const tag of ['1', 'latest']) await outside.tagImage(TEST_IMAGE, '127.0.0.1:9/tagged', tag)
      const ended = run({ image, imagePullPolicy: policy, command: ['true'] }).then(
        () => 'runs',
        (error: Error) =>
          /Docker pull failed for/.test(error.message)
            ? 'pulls'
            : error.message.match(/is not on|no such image/i)
              ? 'is missing'
              : error.message,
      )
      expect(await ended).toBe(then)
    },
  )

  it.each([
    ['_class.name-1', 'class.name-1'],
    ['class*name^2', 'class-name-2'],
  ])('of the name %s is called %s there (row 210)', async (name, expected) => {
    const { result } = await run({ command: ['true'], name })
    expect((await api.inspectContainer(result.identifier)).Name).toBe(`/${expected}`)
  })

  it('is silent when it shall not stream, and still waits (row 188)', async () => {
    const { out, result } = await run({ command: ['sh', '-c', 'echo out; exit 4'], streamOutput: false })
    expect([out, result.statusCode]).toEqual(['', 4])
  })

  it('a name that is taken gets a number (row 207)', async () => {
    const name = `class-conflict-${process.pid}`
    const names = []
    for (let at = 0; at < 3; at++) {
      const { result } = await run({ command: ['true'], name })
      names.push((await inspectOrNull(api, result.identifier))?.Name)
    }
    expect(names).toEqual([`/${name}`, `/${name}-1`, `/${name}-2`])
  })

  it('without a name gets one from the engine (row 183)', async () => {
    const { running, id, infrastructurePid, container, log } = await begin()
    const { Name } = await api.inspectContainer(id)
    expect(Name).toMatch(/^\/[a-z]+_[a-z]+[0-9]?$/)
    expect(log.lines).toEqual([`info Docker container '${Name.slice(1)}' has status 'running'`])
    // Nobody knows the attempt by its name, and it is found all the same.
    await container.kill(infrastructurePid, 0)
    expect(await running).toMatchObject({ statusCode: 137 })
  })

  it('leaves nothing but the container that is to be looked at', async () => {
    const before = await listMarks()
    await run({ command: ['true'] })
    await run({ command: ['true'], autoRemove: true })
    const abort = new AbortController()
    const { running } = await begin({ autoRemove: true }, abort.signal)
    abort.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
    expect(await listMarks()).toEqual(before)
  })

  it('tells its status, and that a container was removed: status code -1, not ok (row 208)', async () => {
    const { running, id, log } = await begin()
    await new OutsideEngine(testEngine!).removeContainer(id)
    expect(await running).toMatchObject({ identifier: id, statusCode: -1, ok: false })
    expect(log.lines).toEqual([
      expect.stringMatching(/^info Docker container '.*' has status 'running'$/),
      `error Docker container '${id}' was removed.`,
    ])
  })

  it('connects it to all its networks before it starts (row 187)', async () => {
    const outside = new OutsideEngine(testEngine!)
    const networks = ['one', 'two', 'three'].map((name) => `class-${process.pid}-${name}`)
    for (const name of networks) await outside.createNetwork(name)
    const { result, out } = await run({ command: ['sh', '-c', 'ls /sys/class/net | grep -c eth'], networks })
    expect((await outside.networksOf(result.identifier)).sort()).toEqual([...networks].sort())
    expect(out.trim()).toBe('3')
    await outside.removeContainer(result.identifier)
    for (const name of networks) await outside.removeNetwork(name)
  })

  it('refuses what cannot run in one sentence, and leaves nothing behind', async () => {
    const before = await countContainers()
    await expect(run({ command: [] })).rejects.toThrow('Docker container cannot be run with empty command.')
    await expect(run({ command: ['not-there'] })).rejects.toThrow(
      'The command could not start: The command not-there is not in the image.',
    )
    await expect(run({ command: ['true'], networks: ['a'], networkMode: 'host' })).rejects.toThrow('set one of the two')
    await expect(run({ command: ['true'], image: 'not/there:1', imagePullPolicy: 'NEVER' })).rejects.toThrow(
      'is not on the Docker engine',
    )
    expect(await countContainers()).toBe(before)
  })

  it('an aborted signal stops the container, and run rejects with the reason', async () => {
    const stop = new AbortController()
    const { running, id } = await begin({ autoRemove: true }, stop.signal)
    stop.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
    expect(await inspectOrNull(api, id)).toBeNull()
  })

  it('an engine that goes away in the middle is told, and the container is left to it', async () => {
    const proxy = await startProxy(testEngine!.replace('unix://', ''), join(home, 'proxy.sock'))
    vi.stubEnv('DOCKER_HOST', `unix://${join(home, 'proxy.sock')}`)
    const { running, id } = await begin()
    vi.stubEnv('DOCKER_HOST', testEngine!)
    const told = expect(running).rejects.toMatchObject({
      code: 'infrastructure_unreachable',
      message: expect.stringMatching(/was started, but how it ends cannot be seen\./),
    })
    proxy.close()
    await told
    expect((await inspectOrNull(api, id))?.State.Running).toBe(true)
    await new OutsideEngine(testEngine!).removeContainer(id)
  })

  it('an abort while the image is pulled ends the pull', async () => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const image = `127.0.0.1:${(silent.address() as AddressInfo).port}/silent:1`
    const stop = new AbortController()
    const log = new KeptLog()
    log.info = (message) => message.startsWith('Pulling image') && stop.abort(new Error('enough'))
    const running = new DockerContainer({ image, command: ['true'] }).run({
      logger: log,
      sources: sourcesOf({}),
      signal: stop.signal,
    })
    await expect(running).rejects.toThrow('enough')
    silent.closeAllConnections()
    silent.close()
  })

  it('kill ends it by the id and the address of the engine; another engine and another id are refused', async () => {
    const { container, running, infrastructurePid } = await begin()
    const other = infrastructurePid.replace(/^.*:/, 'http://elsewhere:2375:')
    await expect(container.kill(other)).rejects.toMatchObject({ code: 'infrastructure_not_available' })
    await expect(container.kill('0'.repeat(64))).rejects.toMatchObject({ code: 'infrastructure_not_found' })
    await container.kill(infrastructurePid, 0)
    expect((await running).statusCode).toBe(137)
  })

  describe.skipIf(whyNoRegistry() !== null)(`with a registry${whyNoRegistry() ? ` (skipped: ${whyNoRegistry()})` : ''}`, () => {
    let registry: Registry
    const login = (changes: { password?: string; registryUrl?: string; reauth?: boolean } = {}) =>
      new DockerRegistry({ username: registry.username, password: registry.password, registryUrl: registry.host, ...changes })
    beforeAll(async () => {
      registry = await startRegistry()
    })
    afterAll(() => registry?.stop())

    it.each(['', 'http://'])(
      'logs in at %shost, and Docker finds the login afterwards (rows 214, 215, 216, 218, 221)',
      async (scheme) => {
        mkdirSync(config, { recursive: true })
        writeFileSync(join(config, 'config.json'), JSON.stringify({ currentContext: 'default', auths: { 'other.test': {} } }))
        await login({ registryUrl: `${scheme}${registry.host}` }).login()
        const written = JSON.parse(readFileSync(join(config, 'config.json'), 'utf8'))
        const auth = Buffer.from(`${registry.username}:${registry.password}`).toString('base64')
        expect(written).toEqual({ currentContext: 'default', auths: { 'other.test': {}, [registry.host]: { auth } } })
        expect(statSync(join(config, 'config.json')).mode & 0o777).toBe(0o600)
      },
    )

    it('is refused with a wrong password, which is not told and not kept', async () => {
      const before = readFileSync(join(config, 'config.json'), 'utf8')
      const error = await login({ password: 'wrong-one' })
        .login()
        .then(
          () => null,
          (refused: Error) => refused,
        )
      expect(error?.message).toContain(`The login of ${registry.username} at ${registry.host} was refused`)
      expect(error?.message).not.toContain('wrong-one')
      expect(readFileSync(join(config, 'config.json'), 'utf8')).toBe(before)
    })

    it('without reauth a login that is kept is enough; with it the registry is asked (row 220)', async () => {
      await login().login()
      registry.setPassword('changed')
      await login({ reauth: false }).login()
      await expect(login().login()).rejects.toThrow('was refused')
      await login({ password: 'changed' }).login()
      registry.setPassword(registry.password)
    })

    it("keeps the login with the credential helper that Docker's configuration names (row 215)", async () => {
      writeFileSync(join(config, 'config.json'), JSON.stringify({ credsStore: 'aedile-test' }))
      const helper = join(home, 'docker-credential-aedile-test')
      writeFileSync(helper, `#!/bin/sh\n[ "$1" = store ] && cat >"${home}/stored"\n`, { mode: 0o755 })
      vi.stubEnv('PATH', `${home}:${process.env.PATH}`)
      await login().login()
      expect(JSON.parse(readFileSync(join(home, 'stored'), 'utf8'))).toEqual({
        ServerURL: registry.host,
        Username: registry.username,
        Secret: registry.password,
      })
      expect(readFileSync(join(config, 'config.json'), 'utf8')).not.toContain('auths')
    })

    it('logs in before it pulls, from a registry with a port, and tells that it pulls (rows 181, 202, 205, 206)', async () => {
      const image = `${registry.host}/not-there:1`
      const log = new KeptLog()
      const container = new DockerContainer({ image, command: ['true'], imageRegistry: login({ password: 'wrong-one' }) })
      const refused = container.run({ logger: log, sources: sourcesOf({}) })
      await expect(refused).rejects.toThrow(/unauthorized|401/i)
      const absent = new DockerContainer({ image, command: ['true'], imageRegistry: login() }).run({
        logger: log,
        sources: sourcesOf({}),
      })
      await expect(absent).rejects.toThrow(/not found|unknown/i)
      expect(log.lines).toContain(`info Pulling image ${image}...`)
    })
  })
})

describe('without an engine', () => {
  it('the container and the registry say so in the same words (rows 174, 209, 222)', async () => {
    vi.stubEnv('DOCKER_HOST', `unix://${home}/no-engine.sock`)
    const words = 'Could not connect to Docker.'
    await expect(new DockerContainer({ command: ['true'] }).run({ logger: new KeptLog() })).rejects.toThrow(words)
    await expect(new DockerContainer().preview({ logger: new KeptLog() })).rejects.toThrow(words)
    await expect(new DockerRegistry({ username: 'a', password: 'b', registryUrl: 'c' }).login()).rejects.toThrow(words)
    vi.unstubAllEnvs()
  })
})

/** A way to the engine that can be cut. */
async function startProxy(target: string, path: string): Promise<{ close: () => void }> {
  const sockets = new Set<Socket>()
  const proxy = createProxy((incoming) => {
    const outgoing = connectTo(target)
    for (const socket of [incoming, outgoing]) sockets.add(socket.on('error', () => {}))
    incoming.pipe(outgoing).pipe(incoming)
  })
  await new Promise<void>((resolve) => proxy.listen(path, resolve))
  return {
    close: () => {
      proxy.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

async function countContainers(): Promise<number> {
  return (await api.listContainers({ label: [`${SERVER_LABEL}=script`] })).length
}

/** What keeps late starters of scripts from starting. */
async function listMarks(): Promise<string[]> {
  const volumes = await api.listVolumes({ label: ['io.aedile.closed', `${SERVER_LABEL}=script`] })
  return volumes.map(({ Name }) => Name)
}

function makeFile(name: string, text: string): string {
  const folder = join(home, 'mounted')
  if (!existsSync(folder)) mkdirSync(folder)
  writeFileSync(join(folder, name), text)
  return folder
}
