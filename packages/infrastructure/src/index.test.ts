import { readFileSync } from 'node:fs'
import { buildSchemaFields } from '@aedile/core/blocks/block-class'
import type { ApiClient } from '@aedile/core/client/client'
import type { JsonObject } from '@aedile/core/json'
import { toBlock } from '@aedile/worker/classes/block'
import { sourcesOf } from '@aedile/worker/testing/class-stage'
import { describe, expect, it, vi } from 'vitest'
import * as everything from './index.ts'
import {
  baseFlowRunEnvironment,
  baseFlowRunLabels,
  DockerContainer,
  DockerRegistry,
  ImagePullPolicy,
  Infrastructure,
  InfrastructureResult,
  MIN_COMPAT_PREFECT_VERSION,
  Process,
  ProcessResult,
  prepareInfrastructure,
  submitFlowRun,
} from './index.ts'

const flowRun = { id: '0191D5a0-0000-7000-8000-00000000abcd', name: 'fun-cat' }

describe('the package', () => {
  it('has the names of the genuine module, for what it has (row 156)', () => {
    expect(Object.keys(everything)).toEqual(
      expect.arrayContaining([
        'DockerContainer',
        'DockerContainerResult',
        'DockerRegistry',
        'ImagePullPolicy',
        'Infrastructure',
        'InfrastructureResult',
        'Process',
        'ProcessResult',
        'baseFlowRunEnvironment',
        'baseFlowRunLabels',
        'submitFlowRun',
      ]),
    )
    expect(MIN_COMPAT_PREFECT_VERSION).toBe('2.0b12')
  })

  it('has the pull policies under their upper-case values (rows 180, 223, 224, 225)', () => {
    expect(ImagePullPolicy).toEqual({ IF_NOT_PRESENT: 'IF_NOT_PRESENT', ALWAYS: 'ALWAYS', NEVER: 'NEVER' })
  })
})

describe('Infrastructure', () => {
  it('cannot be made itself, nor a class of it without run, preview or kill (row 157)', () => {
    const Abstract = Infrastructure as unknown as new () => Infrastructure
    expect(() => new Abstract()).toThrow('Infrastructure is abstract')
    // What a compiler of TypeScript refuses, a script in JavaScript may still write.
    const Half = class Half extends (Infrastructure as unknown as new () => object) {}
    expect(() => new Half()).toThrow('Half is abstract: it has no run().')
  })

  it.each([
    [Process, 'process', ['run-infrastructure']],
    [DockerContainer, 'docker-container', ['run-infrastructure']],
    [DockerRegistry, 'docker-registry', ['docker-login']],
  ])('%o lists its capabilities and has its slug in its schema (rows 158, 159, 190, 214, 298)', (type, slug, capabilities) => {
    expect(type.blockClass).toMatchObject({ slug, capabilities })
    expect(buildSchemaFields(type.blockClass, {})).toMatchObject({ block_type_slug: slug, title: type.name })
  })

  it.each([Process, DockerContainer])('%o has its defaults, shared with no other (rows 160, 161, 162, 163)', (type) => {
    const [one, other] = [new type(), new type()]
    expect(one).toMatchObject({ env: {}, labels: {}, name: null, command: ['python', '-m', 'prefect.engine'] })
    one.env.A = '1'
    one.labels.a = '1'
    one.command.push('more')
    expect(other).toMatchObject({ env: {}, labels: {}, command: ['python', '-m', 'prefect.engine'] })
  })

  it('has a result that is ok exactly with the status code 0 (row 167)', () => {
    expect([0, 1, -1, 137].map((code) => new InfrastructureResult('7', code).ok)).toEqual([true, false, false, false])
    expect(new ProcessResult('7', 0)).toMatchObject({ identifier: '7', statusCode: 0 })
  })

  it.each([
    [new Process(), 'prefect.infrastructure.process'],
    [new DockerContainer(), 'prefect.infrastructure.docker-container'],
  ])('has a logger of its type (row 169): %#', (infrastructure, name) => {
    expect(infrastructure.logger.name).toBe(name)
  })

  it('writes the log to the standard error, from the level that is set on', () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    vi.stubEnv('PREFECT_LOGGING_LEVEL', 'WARNING')
    const { logger } = new Process()
    logger.info('quiet')
    logger.warn('loud')
    expect(write.mock.calls).toEqual([[expect.stringMatching(/ \| WARN {2}\| prefect\.infrastructure\.process - loud\n$/)]])
    vi.unstubAllEnvs()
    write.mockRestore()
  })

  it('gives only settings that were explicitly set, and env goes over them (rows 170, 171)', async () => {
    const sources = { ...sourcesOf({ PREFECT_API_URL: 'http://x/api', UNRELATED: '1' }), profile: { AEDILE_API_KEY: 'key' } }
    const preview = (env: Record<string, string>) => new Process({ command: ['true'], env }).preview({ sources })
    expect((await preview({})).split(' \\\n').sort()).toEqual(['PREFECT_API_KEY=key', 'PREFECT_API_URL=http://x/api', 'true'])
    expect(await preview({ PREFECT_API_KEY: 'mine' })).toContain('PREFECT_API_KEY=mine')
  })
})

describe('submission', () => {
  it('gives the id of the run without dashes, as infrastructure blocks did (row 172)', () => {
    expect(baseFlowRunEnvironment(flowRun)).toEqual({ PREFECT__FLOW_RUN_ID: '0191d5a000007000800000000000abcd' })
    expect(baseFlowRunLabels(flowRun)).toEqual({
      'prefect.io/flow-run-id': flowRun.id,
      'prefect.io/flow-run-name': 'fun-cat',
      'prefect.io/version': '3.8.8',
    })
  })

  it("makes a copy with the run below the user's own, and leaves the original", () => {
    const original = new Process({ env: { PREFECT__FLOW_RUN_ID: 'mine', A: '1' }, labels: { 'prefect.io/version': 'mine' } })
    const copy = prepareInfrastructure(flowRun, original)
    expect(copy).toBeInstanceOf(Process)
    expect(copy.env).toEqual({ PREFECT__FLOW_RUN_ID: 'mine', A: '1' })
    expect(copy.labels).toMatchObject({ 'prefect.io/flow-run-name': 'fun-cat', 'prefect.io/version': 'mine' })
    expect([copy.name, copy.command]).toEqual(['fun-cat', original.command])
    expect([original.name, original.labels]).toEqual([null, { 'prefect.io/version': 'mine' }])
    expect(prepareInfrastructure(flowRun, new Process({ name: 'own' })).name).toBe('own')
  })

  it('reverses the labels of a submission for Docker, too (row 182)', () => {
    const { labels } = prepareInfrastructure(flowRun, new DockerContainer({ labels: { 'a.b/c': 'd' } }))
    expect(labels).toEqual({
      'io.prefect.flow-run-id': flowRun.id,
      'io.prefect.flow-run-name': 'fun-cat',
      'io.prefect.version': '3.8.8',
      'b.a.c': 'd',
    })
  })

  it('runs the prepared copy and resolves with its result', async () => {
    class Recorder extends Process {
      override run() {
        return Promise.resolve(new ProcessResult(String(this.env.PREFECT__FLOW_RUN_ID), 0))
      }
    }
    expect((await submitFlowRun(flowRun, new Recorder())).identifier).toBe('0191d5a000007000800000000000abcd')
  })
})

it('the page of the classes says where the API must listen on Linux, and on macOS (rows 194, 195)', () => {
  const page = readFileSync(new URL('../../../docs/infrastructure-classes.md', import.meta.url), 'utf8').replace(/\s+/g, ' ')
  expect(page).toContain("On Linux the API must then listen on 0.0.0.0 or on the address of Docker's bridge")
  expect(page).toContain('on macOS, listening on localhost is enough')
})

describe('stored blocks', () => {
  const read = (data: JsonObject) => toBlock(DockerContainer, { data, nested: {} })

  it('of the generation of 2.20 are read: null is the default', () => {
    expect(
      read({ command: null, image: null, env: { A: null }, labels: null, networks: null, image_registry: null }),
    ).toMatchObject({
      command: ['python', '-m', 'prefect.engine'],
      image: new DockerContainer().image,
      env: { A: null },
      labels: {},
      networks: [],
      imageRegistry: null,
    })
  })

  it.each([
    [{ networks: 'abc' }, 'networks'],
    [{ volumes: [7] }, 'volumes'],
    [{ auto_remove: 'maybe' }, 'auto_remove'],
    [{ image_pull_policy: 'Always' }, 'image_pull_policy'],
    [{ env: { A: 1 } }, 'env'],
    [{ type: 'process' }, 'type'],
    [{ image_registry: 'text' }, 'image_registry'],
  ])('with %j are refused, the value untold', (data, field) => {
    expect(() => read(data as JsonObject)).toThrow(`The field ${field} of DockerContainer is not valid: expected `)
  })

  it('with fields that the class does not have tell of them', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const document = { id: 'x', name: 'x', data: { mem_limit: '1g', privileged: false }, block_document_references: {} }
    const client = { request: () => Promise.resolve(document) } as unknown as ApiClient
    await DockerContainer.load('x', { client })
    expect(warn.mock.calls[0]![0]).toContain('leaves out: mem_limit.')
    warn.mockRestore()
  })
})

describe('a DockerRegistry', () => {
  const registry = new DockerRegistry({ username: 'ada', password: 'secret', registryUrl: 'r:5000' })

  it('shows its password nowhere but where it is asked for (row 217)', async () => {
    const { inspect } = await import('node:util')
    const shown = [
      JSON.stringify(registry),
      inspect(registry),
      inspect(new DockerContainer({ imageRegistry: registry })),
      `${Object.values(registry)}`,
    ]
    for (const text of shown) expect(text).not.toContain('secret')
    expect(registry.toJSON()).toEqual({ username: 'ada', password: '********', registry_url: 'r:5000', reauth: true })
    expect(registry.password).toBe('secret')
  })

  it.each(['username', 'password', 'registryUrl'] as const)('needs %s (rows 216, 218)', (attribute) => {
    const attributes = { username: 'ada', password: 'secret', registryUrl: 'r:5000', [attribute]: undefined }
    expect(() => new DockerRegistry(attributes as never)).toThrow(`A DockerRegistry needs \`${attribute}\``)
  })

  it('tells servers its name, capability and logo, and that the password is secret (rows 217, 219, 220)', () => {
    expect(DockerRegistry.blockClass).toMatchObject({ name: 'Docker Registry', capabilities: ['docker-login'] })
    expect(DockerRegistry.blockClass.logoUrl).toMatch(/^https:/)
    const container = buildSchemaFields(DockerContainer.blockClass, { image_registry: 'sha256:x' })
    expect(container).toMatchObject({
      secret_fields: ['image_registry.password'],
      block_schema_references: { image_registry: { block_type_slug: 'docker-registry', block_schema_checksum: 'sha256:x' } },
      definitions: { DockerRegistry: { secret_fields: ['password'], properties: { reauth: { default: true } } } },
    })
  })
})
