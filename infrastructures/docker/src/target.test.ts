import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findEndpoint } from './target.ts'

const home = mkdtempSync(join(tmpdir(), 'aedile-docker-config-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const folder = join(home, '.docker')
const unix = (path: string) => ({ kind: 'unix', path })
const find = (environment: Record<string, string>, target = {}) => findEndpoint(target, { HOME: home, ...environment })

function writeContext(name: string, docker: object, certificates: Record<string, string> = {}) {
  const id = createHash('sha256').update(name).digest('hex')
  const meta = join(folder, 'contexts', 'meta', id)
  mkdirSync(meta, { recursive: true })
  writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker } }))
  const tls = join(folder, 'contexts', 'tls', id, 'docker')
  if (Object.keys(certificates).length > 0) mkdirSync(tls, { recursive: true })
  for (const [file, text] of Object.entries(certificates)) writeFileSync(join(tls, file), text)
}

describe('an engine is found', () => {
  it.each([
    [{}, {}, 'http+docker://localhost', unix('/var/run/docker.sock')],
    [{ DOCKER_HOST: 'unix:///a/b.sock' }, {}, 'http+docker://localhost', unix('/a/b.sock')],
    [{ DOCKER_HOST: 'unix:///a' }, { host: 'unix:///b' }, 'http+docker://localhost', unix('/b')],
    [{ DOCKER_HOST: 'tcp://h:1' }, {}, 'http://h:1', { kind: 'tcp', hostname: 'h', port: 1, tls: null }],
    [{ DOCKER_HOST: 'h:1' }, {}, 'http://h:1', { kind: 'tcp', hostname: 'h', port: 1, tls: null }],
    [{ DOCKER_HOST: 'tcp://h' }, {}, 'http://h:2375', { kind: 'tcp', hostname: 'h', port: 2375, tls: null }],
    [{ DOCKER_HOST: 'tcp://[::1]:7' }, {}, 'http://[::1]:7', { kind: 'tcp', hostname: '::1', port: 7, tls: null }],
    [{ DOCKER_HOST: 'ssh://ann@h' }, {}, 'http+docker://ssh', { kind: 'ssh', destination: 'ann@h', port: null }],
    [{ DOCKER_HOST: 'ssh://h:22' }, {}, 'http+docker://ssh', { kind: 'ssh', destination: 'h', port: 22 }],
  ])('by %j and %j as docker-py names it', (environment, target, baseUrl, way) => {
    expect(find(environment, target)).toMatchObject({ baseUrl, way })
  })

  it('over TLS with the certificates of DOCKER_CERT_PATH, checked when DOCKER_TLS_VERIFY says so', () => {
    const certificates = join(home, 'certificates')
    mkdirSync(certificates)
    for (const name of ['ca', 'cert', 'key']) writeFileSync(join(certificates, `${name}.pem`), name)
    const environment = { DOCKER_HOST: 'tcp://h:2376', DOCKER_CERT_PATH: certificates }
    const tls = { ca: 'ca', cert: 'cert', key: 'key', verify: false }
    expect(find(environment)).toMatchObject({ baseUrl: 'https://h:2376', way: { tls } })
    expect(find({ ...environment, DOCKER_TLS_VERIFY: '1' })).toMatchObject({ way: { tls: { ...tls, verify: true } } })
  })

  it('by the context that is named, else by the current one; DOCKER_HOST counts more', () => {
    writeContext('far', { Host: 'tcp://far:2376', SkipTLSVerify: false }, { 'ca.pem': 'authority' })
    writeContext('near', { Host: 'unix:///near.sock' })
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ currentContext: 'near', auths: {} }))
    expect(find({})).toMatchObject({ way: unix('/near.sock') })
    expect(find({ DOCKER_CONTEXT: 'far' })).toMatchObject({
      host: 'tcp://far:2376',
      way: { tls: { ca: 'authority', verify: true } },
    })
    expect(find({ DOCKER_CONTEXT: 'default' })).toMatchObject({ way: unix('/var/run/docker.sock') })
    expect(find({ DOCKER_CONTEXT: 'far', DOCKER_HOST: 'unix:///mine' })).toMatchObject({ way: unix('/mine') })
    expect(find({ HOME: '/nowhere', DOCKER_CONFIG: folder })).toMatchObject({ way: unix('/near.sock') })
  })

  it.each([
    [{ DOCKER_CONTEXT: 'none' }, 'There is no Docker context none'],
    [{ DOCKER_HOST: 'fd://' }, 'The Docker host "fd://" is no address. Write unix:///path'],
    [{ DOCKER_HOST: 'tcp://' }, 'is no address'],
  ])('or said to be nowhere by %j', (environment, told) => {
    expect(() => find(environment)).toThrow(told)
  })

  it('not by a configuration that is no JSON', () => {
    writeFileSync(join(folder, 'config.json'), '{')
    expect(() => find({})).toThrow(/config.json cannot be read/)
  })
})
