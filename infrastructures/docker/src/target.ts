import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { AedileError } from '@aedile/core/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'

/** Where an engine listens, and how it is reached. */
export type Endpoint = {
  /** The address as it was given, e.g. `unix:///var/run/docker.sock`; for messages. */
  host: string
  /** The address in docker-py's form: the first half of an `infrastructure_pid`. */
  baseUrl: string
  way:
    | { kind: 'unix'; path: string }
    | { kind: 'tcp'; hostname: string; port: number; tls: Tls | null }
    | { kind: 'ssh'; destination: string; port: number | null }
}

/** Certificates, as PEM texts. Without `ca` and with `verify`, the system's authorities count. */
export type Tls = { ca: string | null; cert: string | null; key: string | null; verify: boolean }

const DEFAULT_SOCKET = '/var/run/docker.sock'

type Found = { host: string; tlsFolder: string | null; tlsVerify: boolean; hasTls: boolean }

/**
 * Finds the engine as Docker's own tools do: the target's `host`, else `DOCKER_HOST`, else the context (`DOCKER_CONTEXT`,
 * else `currentContext` in Docker's config), else the socket of this machine.
 * @throws AedileError `infrastructure_failed` for an address, a context or certificates that cannot be read.
 */
export function findEndpoint(target: JsonObject, environment: NodeJS.ProcessEnv): Endpoint {
  const found = findHost(target, environment)
  const { host } = found
  if (/^(unix|npipe):\/\//.test(host)) {
    const path = host.replace(/^\w+:\/\//, '') || DEFAULT_SOCKET
    return { host, baseUrl: 'http+docker://localhost', way: { kind: 'unix', path } }
  }
  const url = parseHost(host)
  if (url.protocol === 'ssh:') {
    const destination = url.username ? `${decodeURIComponent(url.username)}@${url.hostname}` : url.hostname
    return { host, baseUrl: 'http+docker://ssh', way: { kind: 'ssh', destination, port: url.port ? Number(url.port) : null } }
  }
  const tls = found.hasTls || url.protocol === 'https:' ? readTls(found) : null
  const port = Number(url.port || (tls ? 2376 : 2375))
  const baseUrl = `${tls ? 'https' : 'http'}://${url.hostname}:${port}`
  return { host, baseUrl, way: { kind: 'tcp', hostname: url.hostname.replace(/^\[|\]$/g, ''), port, tls } }
}

/** The folder of Docker's own configuration. */
export function dockerConfigFolder(environment: NodeJS.ProcessEnv): string {
  return environment.DOCKER_CONFIG || join(environment.HOME || homedir(), '.docker')
}

function findHost(target: JsonObject, environment: NodeJS.ProcessEnv): Found {
  const given = typeof target.host === 'string' && target.host !== '' ? target.host : environment.DOCKER_HOST
  if (given) {
    const tlsVerify = (environment.DOCKER_TLS_VERIFY ?? '') !== ''
    const named = environment.DOCKER_CERT_PATH ?? ''
    const hasTls = tlsVerify || named !== ''
    return { host: given, tlsFolder: named || dockerConfigFolder(environment), tlsVerify, hasTls }
  }
  const context = environment.DOCKER_CONTEXT || readCurrentContext(environment)
  if (!context || context === 'default') {
    return { host: `unix://${DEFAULT_SOCKET}`, tlsFolder: null, tlsVerify: false, hasTls: false }
  }
  return readContext(context, environment)
}

function readCurrentContext(environment: NodeJS.ProcessEnv): string | null {
  const path = join(dockerConfigFolder(environment), 'config.json')
  if (!existsSync(path)) return null
  const { currentContext } = readJson(path)
  return typeof currentContext === 'string' ? currentContext : null
}

/** A context lies in a folder that is named after the hash of its name. */
function readContext(name: string, environment: NodeJS.ProcessEnv): Found {
  const contexts = join(dockerConfigFolder(environment), 'contexts')
  const id = createHash('sha256').update(name).digest('hex')
  const path = join(contexts, 'meta', id, 'meta.json')
  if (!existsSync(path)) throw failed(`There is no Docker context ${name} in ${contexts}. \`docker context ls\` lists them.`)
  const endpoint = pick(pick(readJson(path), 'Endpoints'), 'docker')
  const { Host: host, SkipTLSVerify: skip } = endpoint
  if (typeof host !== 'string' || host === '') throw failed(`The Docker context ${name} names no host in ${path}.`)
  const tlsFolder = join(contexts, 'tls', id, 'docker')
  return { host, tlsFolder, tlsVerify: skip !== true, hasTls: existsSync(tlsFolder) }
}

function pick(value: JsonObject, name: string): JsonObject {
  const inner: JsonValue | undefined = value[name]
  return isJsonObject(inner) ? inner : {}
}

function readJson(path: string): JsonObject {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (isJsonObject(value)) return value
  } catch (error) {
    throw failed(`Docker's configuration ${path} cannot be read: ${(error as Error).message}`)
  }
  throw failed(`Docker's configuration ${path} is no JSON object.`)
}

function parseHost(host: string): URL {
  const text = host.includes('://') ? host : `tcp://${host}`
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.hostname && ['tcp:', 'http:', 'https:', 'ssh:'].includes(url.protocol)) return url
  throw failed(`The Docker host ${JSON.stringify(host)} is no address. Write unix:///path, tcp://host:port or ssh://user@host.`)
}

function readTls({ tlsFolder, tlsVerify }: Found): Tls {
  const read = (name: string) => {
    const path = join(tlsFolder ?? '', name)
    return tlsFolder && existsSync(path) ? readFileSync(path, 'utf8') : null
  }
  const [cert, key] = [read('cert.pem'), read('key.pem')]
  if ((cert === null) !== (key === null)) throw failed(`${tlsFolder} needs both cert.pem and key.pem for Docker over TLS.`)
  return { ca: read('ca.pem'), cert, key, verify: tlsVerify }
}

function failed(what: string): AedileError {
  return new AedileError('infrastructure_failed', { what })
}
