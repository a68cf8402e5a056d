import { isJsonObject, type JsonObject } from '@aedile/core/json'
import { askCredentialHelper } from './credential-helper.ts'
import { readDockerConfig } from './docker-config.ts'
import { readRegistryHost, toServerAddress } from './reference.ts'

/** What a registry is shown: a name with a password, or a token in the place of both. */
export type Credentials = {
  /** Null with a token. */
  username: string | null
  /** The password or the token. Never part of a message. */
  secret: string
  kind: 'password' | 'identity-token' | 'registry-token'
  /** Where they were found, for messages. */
  origin: string
}

/** Credentials that somebody gave: the fields of a `docker-registry-credentials` block. */
export type GivenCredentials = { username: string; password: string; registry_url: string }

/** Where credentials are looked for. */
export type CredentialSources = { given: GivenCredentials | null; environment: NodeJS.ProcessEnv; signal: AbortSignal }

/**
 * Finds the credentials of a registry: those that were given for it, else those of Docker's own config, where a helper
 * of the registry goes before the general one, and both before what is written there. Null when there are none.
 */
export async function findCredentials(registry: string, sources: CredentialSources): Promise<Credentials | null> {
  const { given, environment, signal } = sources
  if (given && readRegistryHost(given.registry_url) === registry) {
    return { username: given.username, secret: given.password, kind: 'password', origin: 'the credentials block' }
  }
  const config = readDockerConfig(environment)
  const address = toServerAddress(registry)
  const helper = config.credHelpers[registry] ?? config.credHelpers[address] ?? config.credsStore
  const answer = helper ? await askCredentialHelper(helper, address, { environment, signal }) : null
  return answer ?? config.auths.get(registry) ?? null
}

/** The header `X-Registry-Auth`, whose document `POST /auth` takes as well. */
export function toAuthorization(credentials: Credentials, registry: string): string {
  return encodeAuthorization(toAuthDocument(credentials, registry))
}

/** In URL-safe base64 with its padding, without which the engine takes it for nothing. */
export function encodeAuthorization(document: JsonObject): string {
  return Buffer.from(JSON.stringify(document)).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

/** The document of `POST /auth`, and one entry of `X-Registry-Config`. */
export function toAuthDocument({ username, secret, kind }: Credentials, registry: string): JsonObject {
  const serveraddress = toServerAddress(registry)
  if (kind === 'identity-token') return { identitytoken: secret, serveraddress }
  if (kind === 'registry-token') return { registrytoken: secret, serveraddress }
  return { username, password: secret, serveraddress }
}

/** Reads the fields of a credentials block; null when there are none. */
export function readGivenCredentials(value: unknown): GivenCredentials | null {
  if (!isJsonObject(value)) return null
  const { username, password, registry_url: url } = value
  if (typeof username !== 'string' || typeof password !== 'string') return null
  return { username, password, registry_url: typeof url === 'string' ? url : '' }
}
