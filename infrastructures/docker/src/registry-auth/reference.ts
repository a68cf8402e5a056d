/** An image's name in its parts. The registry of Docker Hub is `docker.io`. */
export type ImageReference = {
  registry: string
  /** Without the registry: `library/node`, `team/flows`. */
  repository: string
  /** As it was written, without tag and digest. */
  name: string
  tag: string | null
  digest: string | null
}

const PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const PATH = new RegExp(`^${PART}(?:/${PART})*$`)
const HOST =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d+)?$/
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^[a-z][a-z0-9]*(?:[+._-][a-z][a-z0-9]*)*:[0-9a-f]{32,}$/i
const DOCKER_HUB = 'docker.io'

/** Reads an image's name as Docker does; null when it cannot be one. */
export function readReference(text: string): ImageReference | null {
  const at = text.indexOf('@')
  const [named, digest] = at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)]
  const colon = named.lastIndexOf(':')
  const hasTag = colon > named.lastIndexOf('/')
  const [name, tag] = hasTag ? [named.slice(0, colon), named.slice(colon + 1)] : [named, null]
  if ((tag !== null && !TAG.test(tag)) || (digest !== null && !DIGEST.test(digest))) return null
  const { registry, path } = splitRegistry(name)
  if (!HOST.test(registry) || !PATH.test(path) || name.length > 255) return null
  const repository = registry === DOCKER_HUB && !path.includes('/') ? `library/${path}` : path
  return { registry, repository, name, tag, digest }
}

/** The first part is a registry when it cannot be a folder of Docker Hub: it has a dot, a port or capitals. */
function splitRegistry(name: string): { registry: string; path: string } {
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase()
  if (!isHost) return { registry: DOCKER_HUB, path: name }
  return { registry: first === 'index.docker.io' ? DOCKER_HUB : first, path: name.slice(slash + 1) }
}

/** The host of a registry, however its address is written: `https://host:5000/v2/` is `host:5000`. */
export function readRegistryHost(address: string): string {
  const host = address
    .trim()
    .replace(/^https?:\/\//, '')
    .split('/')[0]!
  return ['index.docker.io', 'registry-1.docker.io', 'docker.io', ''].includes(host) ? DOCKER_HUB : host
}

/** The address under which Docker keeps the credentials of a registry. */
export function toServerAddress(registry: string): string {
  return registry === DOCKER_HUB ? 'https://index.docker.io/v1/' : registry
}
