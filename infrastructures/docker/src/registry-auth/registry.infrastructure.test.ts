import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Registry, startRegistry, whyNoRegistry } from '../../../../scripts/docker/registry.mjs'
import { EngineApi } from '../api.ts'
import { type ImageEngine, openImageEngine } from '../image-build/image-engine.ts'
import { followProgress } from '../image-build/progress.ts'
import { checkLogin, pushImage } from '../image-build/push-image.ts'
import { runImageStep } from '../image-build/steps.ts'
import { pullImage } from '../pulling.ts'
import { findEndpoint } from '../target.ts'
import { TEST_IMAGE, testEngine } from '../testing/engine.ts'
import { type GivenCredentials, toAuthorization } from './credentials.ts'
import { withPullAccess } from './pull-access.ts'

const why = testEngine ? whyNoRegistry() : 'AEDILE_TEST_DOCKER_HOST is not set'
if (why) it.skip(`a private registry: ${why}`, () => {})

describe.runIf(!why)('a private registry', () => {
  let registry: Registry
  let engine: ImageEngine
  let api: EngineApi
  let folder: string
  const made: string[] = []

  beforeAll(async () => {
    registry = await startRegistry({ username: 'ada', password: 'right' })
    engine = await openImageEngine({ DOCKER_HOST: testEngine! })
    api = await EngineApi.open(findEndpoint({ host: testEngine! }, {}))
    folder = mkdtempSync(join(tmpdir(), 'aedile-docker-config-'))
  })
  beforeEach(() => {
    registry.setPassword('right')
    writeConfig({})
  })
  afterAll(async () => {
    for (const image of made) await engine?.remove(image).catch(() => {})
    engine?.close()
    api?.close()
    await registry?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  function writeConfig(config: object): void {
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  }
  const entry = (password: string) => ({
    auths: { [registry.host]: { auth: Buffer.from(`ada:${password}`).toString('base64') } },
  })
  const sources = (given: GivenCredentials | null = null) => ({
    given,
    environment: { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env.PATH}` },
    signal: AbortSignal.timeout(30_000),
  })
  const block = (password: string) => ({ username: 'ada', password, registry_url: `http://${registry.host}` })

  /** An image of the registry's, on the engine. */
  async function tag(repository: string): Promise<string> {
    const name = `${registry.host}/${repository}`
    await engine.tag(TEST_IMAGE, name, '1')
    made.push(`${name}:1`)
    return name
  }
  const push = (name: string, from = sources()) => pushImage(engine, { name, tag: '1' }, { tell: () => {}, sources: from })
  function pull(name: string, from = sources()) {
    const { given } = from
    // What a rendered request has of a job's credentials.
    const login = given && toAuthorization({ ...given, secret: given.password, kind: 'password', origin: '' }, given.registry_url)
    return withPullAccess(`${name}:1`, login, from, async (authorization) => {
      await followProgress(await api.pullImage({ fromImage: name, tag: '1' }, authorization, from.signal), () => {})
    })
  }

  it("takes a push and gives a pull with Docker's own login", async () => {
    writeConfig(entry('right'))
    const name = await tag('own/login')
    expect(await push(name)).toMatch(/^sha256:[0-9a-f]{64}$/)
    await engine.remove(`${name}:1`)
    await expect(engine.inspect(`${name}:1`)).rejects.toMatchObject({ status: 404 })
    await pull(name)
    expect((await engine.inspect(`${name}:1`)).id).toBe((await engine.inspect(TEST_IMAGE)).id)
  })

  it("gives the image of a run with Docker's own login, where its job names none", async () => {
    writeConfig(entry('right'))
    const name = await tag('of/run')
    await push(name)
    await engine.remove(`${name}:1`)
    const told: string[] = []
    const sink = { output: () => {}, handle: () => {}, status: (phase: string) => void told.push(phase) }
    const { environment, signal } = sources()
    const request = { policy: 'Always' as const, when: 'always' as const, orLocal: false, fromImage: name, tag: '1', login: null }
    await pullImage(api, request, { sink, signal, environment })
    expect((await engine.inspect(`${name}:1`)).id).toBe((await engine.inspect(TEST_IMAGE)).id)
    expect(told.at(-1)).toBe('image pulled')
    writeConfig({})
    await expect(pullImage(api, request, { sink, signal, environment })).rejects.toThrow(`Docker pull failed for ${name}:1`)
  })

  it('takes a push and gives a pull with a credentials block, however its address is written', async () => {
    const name = await tag('from/block')
    await checkLogin(engine, `${name}:1`, sources(block('right')))
    await push(name, sources(block('right')))
    await engine.remove(`${name}:1`)
    await pull(name, sources(block('right')))
  })

  it('refuses a wrong password, and the error names the registry and the user, but no password', async () => {
    const name = await tag('wrong/password')
    const from = sources(block('not-this-one'))
    const refused = new RegExp(`^The registry ${registry.host} refused ada \\(from the credentials block\\): .*Check the name`)
    for (const act of [() => checkLogin(engine, `${name}:1`, from), () => push(name, from), () => pull(name, from)]) {
      const error = await act().then(
        () => null,
        (thrown: Error) => thrown,
      )
      expect(error).toMatchObject({ code: 'registry_refused', message: expect.stringMatching(refused) })
      expect(JSON.stringify(error) + error?.message).not.toContain('not-this-one')
    }
    writeConfig(entry('not-this-one'))
    await expect(push(name)).rejects.toThrow(`refused ada (from ${join(folder, 'config.json')})`)
  })

  it('refuses who has no login, and the error says how to get one', async () => {
    await expect(push(await tag('no/login'))).rejects.toThrow(`Log in with \`docker login ${registry.host}\``)
    const elsewhere = { ...block('right'), registry_url: 'elsewhere.example.com' }
    await expect(push(await tag('no/login'), sources(elsewhere))).rejects.toThrow('were given are for elsewhere.example.com')
  })

  it('is logged in to again, once, when the token of a helper has expired', async () => {
    // A helper as those of clouds: it keeps a token until it is used up, and makes a new one when asked again.
    const helper = `#!/bin/sh
echo asked >> ${folder}/asked
token=$(head -1 ${folder}/tokens); sed -i 1d ${folder}/tokens
echo "{\\"Username\\": \\"ada\\", \\"Secret\\": \\"$token\\"}"
`
    writeFileSync(join(folder, 'docker-credential-cloud'), helper, { mode: 0o755 })
    writeConfig({ credHelpers: { [registry.host]: 'cloud' } })
    const give = (...tokens: string[]) => {
      writeFileSync(join(folder, 'tokens'), `${tokens.join('\n')}\n`)
      writeFileSync(join(folder, 'asked'), '')
    }
    const asked = () => readFileSync(join(folder, 'asked'), 'utf8').split('\n').length - 1
    const name = await tag('helper/token')

    give('first', 'second')
    registry.setPassword('second')
    expect(await push(name)).toMatch(/^sha256:/)
    expect(asked()).toBe(2)

    give('second', 'third')
    registry.setPassword('third')
    await engine.remove(`${name}:1`)
    await pull(name)
    expect(asked()).toBe(2)

    give('expired', 'also-expired', 'third')
    await expect(push(name)).rejects.toThrow(/refused ada \(from docker-credential-cloud\)/)
    expect(asked()).toBe(2)
  })

  it('that is away is told so', async () => {
    await engine.tag(TEST_IMAGE, '127.0.0.1:1/away', '1')
    made.push('127.0.0.1:1/away:1')
    await expect(push('127.0.0.1:1/away')).rejects.toMatchObject({ code: 'registry_unreachable' })
    await expect(pull('127.0.0.1:1/away')).rejects.toThrow('The registry 127.0.0.1:1 cannot be reached by the engine')
  })

  it('gets what a push step names, and the step gives the outputs of the genuine one and the digest', async () => {
    const name = await tag('step/push')
    const inputs = { image_name: name, tag: '1', additional_tags: [], credentials: { ...block('right'), reauth: true } }
    const place = { ...sources(), tell: () => {}, folder, entrypoint: null, version: '0' }
    const { outputs, pushed } = await runImageStep(engine, 'push', inputs, place)
    const digest = expect.stringMatching(/^sha256:/)
    expect(outputs).toEqual({ image_name: name, tag: '1', image: `${name}:1`, additional_tags: [], digest })
    expect(pushed).toEqual({ image: `${name}:1`, digest })
  })
})
