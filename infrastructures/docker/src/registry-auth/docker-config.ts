import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AedileError } from '@aedile/core/errors'
import { isJsonObject, type JsonObject } from '@aedile/core/json'
import { dockerConfigFolder } from '../target.ts'
import type { Credentials } from './credentials.ts'
import { readRegistryHost } from './reference.ts'

/** What Docker's own config says of registries. */
export type DockerConfig = {
  /** By the host of the registry. */
  auths: Map<string, Credentials>
  /** Names of helper programs by registry. */
  credHelpers: Record<string, string>
  credsStore: string | null
}

/** Reads `config.json` of Docker's own folder afresh: logins come and go. @throws AedileError when it cannot be read. */
export function readDockerConfig(environment: NodeJS.ProcessEnv): DockerConfig {
  const path = join(dockerConfigFolder(environment), 'config.json')
  const config = existsSync(path) ? parse(path) : {}
  const { auths, credHelpers, credsStore } = config
  const found = Object.entries(isJsonObject(auths) ? auths : {}).flatMap(([address, entry]): [string, Credentials][] => {
    const credentials = isJsonObject(entry) ? readEntry(entry, path) : null
    return credentials ? [[readRegistryHost(address), credentials]] : []
  })
  const helpers = Object.entries(isJsonObject(credHelpers) ? credHelpers : {})
  return {
    auths: new Map(found),
    credHelpers: Object.fromEntries(helpers.filter((one): one is [string, string] => typeof one[1] === 'string')),
    credsStore: typeof credsStore === 'string' && credsStore !== '' ? credsStore : null,
  }
}

/** An entry is empty when a helper keeps the secret. */
function readEntry(entry: JsonObject, origin: string): Credentials | null {
  const { auth, identitytoken, registrytoken } = entry
  if (typeof identitytoken === 'string' && identitytoken) {
    return { username: null, secret: identitytoken, kind: 'identity-token', origin }
  }
  if (typeof registrytoken === 'string' && registrytoken) {
    return { username: null, secret: registrytoken, kind: 'registry-token', origin }
  }
  const [username, password] = typeof auth === 'string' && auth ? decode(auth) : [entry.username, entry.password]
  if (typeof username !== 'string' || typeof password !== 'string') return null
  return { username, secret: password, kind: 'password', origin }
}

function decode(auth: string): [string, string] {
  const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '')
  const colon = text.indexOf(':')
  return [text.slice(0, colon), text.slice(colon + 1)]
}

function parse(path: string): JsonObject {
  let why = 'it is no JSON object'
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (isJsonObject(value)) return value
  } catch (error) {
    why = (error as Error).message
  }
  throw new AedileError('infrastructure_failed', { what: `Docker's configuration ${path} cannot be read: ${why}` })
}
