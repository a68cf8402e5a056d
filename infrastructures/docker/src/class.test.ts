import type { JsonObject } from '@aedile/core/json'
import { joinShellWords } from '@aedile/core/shell-words'
import { KeptLog } from '@aedile/worker/testing/class-stage'
import { describe, expect, it } from 'vitest'
import { DockerContainer, type DockerContainerAttributes } from './class.ts'
import { buildContainerSettings, findWarnings, type ImagePullPolicy, JOB_PULL_POLICIES } from './class-settings.ts'
import { dockerDefinition } from './definition.ts'
import { parseImage, pullPolicyOf } from './image.ts'
import type { DockerJob } from './job.ts'
import { toContainerName } from './prepare.ts'
import { DockerRegistry } from './registry.ts'

const facts = { id: 'docker:x', engineVersion: '27.0.0', platform: 'linux', directory: '/srv' }

type Wishes = { networkMode?: string | null; networks?: string[]; env?: Record<string, string>; labels?: Record<string, string> }

/** The settings of a job with these wishes, where this API was set on this platform. */
function settingsOf(wishes: Wishes, { apiUrl, platform = 'linux' }: { apiUrl?: string; platform?: string } = {}) {
  const job = {
    name: null,
    command: joinShellWords(['echo', 'a b']),
    env: wishes.env ?? {},
    labels: wishes.labels ?? {},
    image: 'acme/img:1.2',
    networks: wishes.networks ?? [],
    network_mode: wishes.networkMode ?? null,
  }
  const settings: Record<string, string> = apiUrl ? { PREFECT_API_URL: apiUrl } : {}
  const context = { command: true as const, settings, platform }
  const prepared = dockerDefinition.prepare(job, context) as DockerJob
  return buildContainerSettings(prepared, ['echo', 'a b'], { ...facts, platform })
}

describe('the base job template of a DockerContainer', () => {
  const template = (attributes: DockerContainerAttributes) => {
    const log = new KeptLog()
    const { variables } = new DockerContainer(attributes).generateWorkPoolBaseJobTemplate({ logger: log })
    const properties = Object.entries(variables.properties as JsonObject).map(([name, schema]) => [
      name,
      (schema as JsonObject).default ?? null,
    ])
    return { defaults: Object.fromEntries(properties), log: log.lines }
  }

  it('is the one of docker pools where it says nothing (INF F.4)', () => {
    expect(new DockerContainer().generateWorkPoolBaseJobTemplate()).toEqual(dockerDefinition.defaultBaseJobTemplate)
  })

  it('has all that it says as defaults, in the words of docker pools (INF F.4)', () => {
    const { defaults, log } = template({
      command: ['python', '-c', 'print("a b")'],
      env: { A: '1', B: null },
      labels: { 'a.b/c': 'd' },
      name: 'nightly',
      image: 'acme/img:1.2',
      imagePullPolicy: 'IF_NOT_PRESENT',
      networks: ['one', 'two'],
      networkMode: 'bridge',
      autoRemove: true,
      volumes: ['/a:/b'],
      streamOutput: false,
    })
    expect(defaults).toEqual({
      command: `python -c 'print("a b")'`,
      env: { A: '1', B: null },
      labels: { 'b.a.c': 'd' },
      name: 'nightly',
      image: 'acme/img:1.2',
      registry_credentials: null,
      image_pull_policy: 'IfNotPresent',
      networks: ['one', 'two'],
      network_mode: 'bridge',
      auto_remove: true,
      volumes: ['/a:/b'],
      stream_output: false,
      mem_limit: null,
      memswap_limit: null,
      privileged: false,
      container_create_kwargs: null,
    })
    expect(log).toEqual([])
  })

  it('never has the password of a registry: one that was not saved is left out, with a warning', () => {
    const imageRegistry = new DockerRegistry({ username: 'ada', password: 'hidden', registryUrl: 'r.test' })
    const { defaults, log } = template({ imageRegistry })
    expect(defaults.registry_credentials).toBeNull()
    expect(log).toEqual(["warn Variable 'image_registry' is not supported by Docker work pools. Skipping."])
  })
})

describe('the attributes of DockerContainer', () => {
  it('have the defaults of the source (rows 176, 179, 188)', () => {
    expect(new DockerContainer()).toMatchObject({
      type: 'docker-container',
      image: 'prefecthq/prefect:3.8.8-python3.11',
      imagePullPolicy: null,
      imageRegistry: null,
      networks: [],
      networkMode: null,
      autoRemove: false,
      volumes: [],
      streamOutput: true,
    })
  })

  it.each([
    [{ 'a.b/c': 'd' }, { 'b.a.c': 'd' }],
    [{ 'prefect.io/flow-run-id': 'x' }, { 'io.prefect.flow-run-id': 'x' }],
    [
      { plain: 'd', 'a.b.c': 'e' },
      { plain: 'd', 'a.b.c': 'e' },
    ],
  ])('labels %j are %j at once (rows 182, 196)', (labels, expected) => {
    expect(new DockerContainer({ labels: labels as Record<string, string> }).labels).toEqual(expected)
  })

  it('a volume without a colon is refused in the genuine words (row 197)', () => {
    expect(() => new DockerContainer({ volumes: ['/ok:/ok', 'bad'] })).toThrow(
      "Invalid volume specification. Expected format 'path:container_path', but got 'bad'",
    )
  })

  it('an unknown pull policy is refused with those that there are (row 180)', () => {
    const attributes = { imagePullPolicy: 'Always' } as unknown as DockerContainerAttributes
    expect(() => new DockerContainer(attributes)).toThrow('one of IF_NOT_PRESENT, ALWAYS, NEVER, not "Always"')
  })

  it('are stored in snake_case, in the order of the schema (rows 189, 190)', () => {
    const container = new DockerContainer({ image: 'a:1', imagePullPolicy: 'NEVER', volumes: ['/a:/b'], autoRemove: true })
    expect(Object.entries(container.toStored())).toEqual([
      ['type', 'docker-container'],
      ['env', {}],
      ['labels', {}],
      ['name', null],
      ['command', ['python', '-m', 'prefect.engine']],
      ['image', 'a:1'],
      ['image_pull_policy', 'NEVER'],
      ['networks', []],
      ['network_mode', null],
      ['auto_remove', true],
      ['volumes', ['/a:/b']],
      ['stream_output', true],
      ['image_registry', null],
    ])
  })
})

describe('the settings of a container', () => {
  it('are the ten of the source, in its order; the user may set the version (rows 177, 178, 199, 200)', () => {
    const settings = settingsOf({ env: { A: '1' }, labels: { 'io.prefect.version': 'mine', x: 'y' }, networks: ['one', 'two'] })
    expect(Object.entries(settings)).toEqual([
      ['image', 'acme/img:1.2'],
      ['network', 'one'],
      ['network_mode', null],
      ['command', ['echo', 'a b']],
      ['environment', { A: '1' }],
      ['auto_remove', false],
      ['labels', { 'io.prefect.version': 'mine', x: 'y' }],
      ['extra_hosts', { 'host.docker.internal': 'host-gateway' }],
      ['name', null],
      ['volumes', []],
    ])
  })

  const local = 'http://127.0.0.1:4200/api'
  const inside = 'http://host.docker.internal:4200/api'
  it.each<[string, Wishes, { apiUrl?: string; platform?: string }, string | null, string | undefined]>([
    ['an API of this machine shares its network', {}, { apiUrl: local }, 'host', local],
    ['localhost counts, too', {}, { apiUrl: 'http://localhost/api' }, 'host', 'http://localhost/api'],
    ['not on another platform: there the URL is rewritten', {}, { apiUrl: local, platform: 'darwin' }, null, inside],
    ['an API elsewhere changes nothing', {}, { apiUrl: 'https://api.test/api' }, null, 'https://api.test/api'],
    ['no API changes nothing', {}, {}, null, undefined],
    ['networks leave the mode open', { networks: ['a'] }, { apiUrl: local }, null, inside],
    ["the user's mode holds", { networkMode: 'bridge' }, { apiUrl: local }, 'bridge', inside],
    ['also host, where nothing is rewritten', { networkMode: 'host' }, { apiUrl: local, platform: 'darwin' }, 'host', local],
    ["the user's URL is not rewritten", { networkMode: 'bridge', env: { PREFECT_API_URL: local } }, {}, 'bridge', local],
    [
      'and decides on the network',
      { env: { PREFECT_API_URL: 'http://x.test/api' } },
      { apiUrl: local },
      null,
      'http://x.test/api',
    ],
    ['also when it is of this machine', { env: { PREFECT_API_URL: local } }, { apiUrl: 'http://x.test/api' }, 'host', local],
  ])('%s (rows 184, 185, 186, 191, 192, 193, 204, 212)', (_, wishes, where, networkMode, apiUrl) => {
    const settings = settingsOf(wishes, where)
    expect(settings.network_mode).toBe(networkMode)
    expect((settings.environment as JsonObject).PREFECT_API_URL).toBe(apiUrl)
  })

  it.each([
    ['linux', '27.0.0', undefined, { 'host.docker.internal': 'host-gateway' }, 0],
    ['linux', '20.10.0', undefined, { 'host.docker.internal': 'host-gateway' }, 0],
    ['linux', '19.03.5', undefined, {}, 1],
    ['linux', '27.0.0', 'https://api.test/api', null, 0],
    ['linux', '27.0.0', 'http://host.docker.internal/api', { 'host.docker.internal': 'host-gateway' }, 0],
    ['darwin', '27.0.0', undefined, null, 0],
  ])('on %s with engine %s and the URL %s, the hosts are %j (row 211)', (platform, engineVersion, url, hosts, warnings) => {
    const job = dockerDefinition.prepare(
      { name: null, command: 'true', env: url ? { PREFECT_API_URL: url } : {}, labels: {} },
      { command: true, platform },
    ) as DockerJob
    const settings = buildContainerSettings(job, ['true'], { ...facts, platform, engineVersion })
    expect(settings.extra_hosts).toEqual(hosts)
    expect(findWarnings(settings, { ...facts, platform, engineVersion })).toHaveLength(warnings)
  })

  it('warn of the host network where it is none (row 204)', () => {
    const elsewhere = { ...facts, platform: 'darwin' }
    expect(findWarnings(settingsOf({ networkMode: 'host' }, { platform: 'darwin' }), elsewhere)).toEqual([
      "The network mode 'host' is not supported on the platform 'darwin' and may not work as intended.",
    ])
  })
})

describe('images and names', () => {
  it.each([
    ['img', 'img', null],
    ['img:1', 'img', '1'],
    ['acme/img:latest', 'acme/img', 'latest'],
    ['host:5000/img:1', 'host:5000/img', '1'],
    ['host:5000/img', 'host:5000/img', null],
    ['img@sha256:abc', 'img', 'sha256:abc'],
  ])('%s is the image %s with the tag %s; a port is part of the registry (row 202)', (image, name, tag) => {
    expect(parseImage(image)).toEqual({ name, tag })
  })

  it.each<[ImagePullPolicy | null, string, string]>([
    ['ALWAYS', 'img:1', 'Always'],
    ['NEVER', 'img', 'Never'],
    ['IF_NOT_PRESENT', 'img:latest', 'IfNotPresent'],
    [null, 'img:latest', 'Always'],
    [null, 'img', 'Always'],
    [null, 'host:5000/img', 'Always'],
    [null, 'img:1.2', 'IfNotPresent'],
    [null, 'host:5000/img:1.2', 'IfNotPresent'],
  ])('the policy %s of %s is %s (rows 203, 205)', (policy, image, expected) => {
    expect(pullPolicyOf(policy && JOB_PULL_POLICIES[policy], parseImage(image)!.tag)).toBe(expected)
  })

  it.each([
    ['_flow_run', 'flow_run'],
    ['...flow_run', 'flow_run'],
    ['._-flow_run', 'flow_run'],
    ['9flow-run', '9flow-run'],
    ['-flow.run', 'flow.run'],
    ['flow*run', 'flow-run'],
    ['flow9.-foo_bar^x', 'flow9.-foo_bar-x'],
    ['--__....', null],
    ['', null],
    [null, null],
  ])('the name %j is %j (rows 183, 210)', (name, expected) => {
    expect(toContainerName(name)).toBe(expected)
  })
})
