import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findCredentials, type GivenCredentials, toAuthDocument, toAuthorization } from './credentials.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aedile-docker-config-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const REGISTRY = 'registry.example.com:5000'
const auth = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64')

function find(registry: string, config: unknown, given: GivenCredentials | null = null) {
  if (config !== undefined)
    writeFileSync(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config))
  const environment = { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env.PATH}` }
  return findCredentials(registry, { given, environment, signal: AbortSignal.timeout(10_000) })
}

/** A credential helper as Docker starts them: the verb as argument, the registry on its standard input. */
function writeHelper(name: string, script: string): void {
  writeFileSync(join(folder, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

describe('the credentials of a registry', () => {
  it('are those of its entry in the config of Docker, however its address is written there', async () => {
    const config = { auths: { [`https://${REGISTRY}/v1/`]: { auth: auth('ada', 'a:b') }, other: { auth: auth('x', 'y') } } }
    expect(await find(REGISTRY, config)).toMatchObject({ username: 'ada', secret: 'a:b', kind: 'password' })
    expect(await find('docker.io', { auths: { 'https://index.docker.io/v1/': { auth: auth('hub', 'p') } } })).toMatchObject({
      username: 'hub',
    })
    expect(await find(REGISTRY, { auths: { [REGISTRY]: { auth: auth('ada', ''), identitytoken: 'token' } } })).toMatchObject({
      kind: 'identity-token',
      secret: 'token',
    })
  })

  it('are none where nothing is said of it, or no config is there', async () => {
    expect(await find(REGISTRY, undefined)).toBeNull()
    expect(await find(REGISTRY, { auths: { other: { auth: auth('x', 'y') }, [REGISTRY]: {} } })).toBeNull()
  })

  it('are those that were given for it; for another registry they count nothing', async () => {
    const config = { auths: { [REGISTRY]: { auth: auth('ada', 'file') } } }
    const given = { username: 'block', password: 'p', registry_url: `https://${REGISTRY}` }
    expect(await find(REGISTRY, config, given)).toMatchObject({ username: 'block', origin: 'the credentials block' })
    expect(await find(REGISTRY, config, { ...given, registry_url: 'elsewhere' })).toMatchObject({ username: 'ada' })
  })

  it("come from the registry's helper before the general one, and from both before the file", async () => {
    writeHelper('own', 'read url; echo "{\\"Username\\": \\"$1\\", \\"Secret\\": \\"$url\\"}"')
    writeHelper('all', 'echo \'{"Username": "<token>", "Secret": "general"}\'')
    const config = { credHelpers: { [REGISTRY]: 'own' }, credsStore: 'all', auths: { [REGISTRY]: { auth: auth('file', 'f') } } }
    expect(await find(REGISTRY, config)).toMatchObject({ username: 'get', secret: REGISTRY, kind: 'password' })
    expect(await find('other', config)).toMatchObject({ username: null, secret: 'general', kind: 'identity-token' })
  })

  it('come from the file when the helper knows the registry not', async () => {
    writeHelper('empty', 'echo "credentials not found in native keychain"; exit 1')
    const config = { credsStore: 'empty', auths: { [REGISTRY]: { auth: auth('file', 'f') } } }
    expect(await find(REGISTRY, config)).toMatchObject({ username: 'file' })
  })

  it.each([
    ['missing', null, /docker-credential-missing .* is not installed .*registry\.example\.com:5000/],
    ['broken', 'echo "the vault is locked" >&2; exit 2', /docker-credential-broken .* ended with 2: the vault is locked/],
    ['odd', 'echo secret-text', /its answer is no JSON/],
    ['half', 'echo \'{"Secret": "secret-text"}\'', /no Username and Secret/],
    ['../up', null, /cannot be the name of a program/],
  ])('are told to be missing when the helper %s fails, without any secret', async (name, script, sentence) => {
    if (script) writeHelper(name, script)
    const error = await find(REGISTRY, { credsStore: name }).then(() => null, String)
    expect(error).toMatch(sentence)
    expect(error).not.toContain('secret-text')
  })

  it.each(['{', '[]'])('cannot be told when the config of Docker is %j', async (text) => {
    await expect(find(REGISTRY, text)).rejects.toThrow(/config\.json cannot be read/)
  })

  it('go to the engine as a document in URL-safe base64 with padding', () => {
    const credentials = { username: 'ada', secret: 'ä?>', kind: 'password', origin: '' } as const
    const header = toAuthorization(credentials, 'host:1')
    expect(header).toMatch(/^[\w=-]+$/)
    expect(header.length % 4).toBe(0)
    const document = { username: 'ada', password: 'ä?>', serveraddress: 'host:1' }
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual(document)
    expect(toAuthDocument({ ...credentials, kind: 'identity-token' }, 'h')).toEqual({ identitytoken: 'ä?>', serveraddress: 'h' })
  })
})
