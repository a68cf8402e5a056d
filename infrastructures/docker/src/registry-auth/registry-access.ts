import { AedileError } from '@aedile/core/errors'
import { type CredentialSources, type Credentials, findCredentials, toAuthorization } from './credentials.ts'
import { readReference } from './reference.ts'

const DENIED =
  /unauthorized|denied|no basic auth credentials|authentication required|incorrect username or password|401|403 Forbidden|invalid token|token (has )?expired/i
const AWAY =
  /connection refused|no such host|server misbehaving|i\/o timeout|TLS handshake|x509|no route to host|network is unreachable|context deadline exceeded|Client\.Timeout|HTTP response to HTTPS client|connection reset|: EOF|50[234] /i

/**
 * Does something with the registry of an image, with the header `X-Registry-Auth` that its credentials give. When the
 * registry refuses them they are looked for once more, because a helper's token may have expired since: other ones are
 * tried once.
 * @throws AedileError `registry_refused` or `registry_unreachable`, which name the registry and the user.
 */
export async function withRegistryAccess<T>(
  image: string,
  sources: CredentialSources,
  act: (authorization: string | null) => Promise<T>,
): Promise<T> {
  const reference = readReference(image)
  if (!reference) throw new AedileError('image_name_invalid', { name: JSON.stringify(image), why: 'it is no name of an image' })
  const { registry } = reference
  const show = (found: Credentials | null) => (found ? toAuthorization(found, registry) : null)
  const first = await findCredentials(registry, sources)
  try {
    return await act(show(first))
  } catch (error) {
    if (sources.signal.aborted || !isRegistryDenial(error)) throw explain(error, registry, first, sources)
    const again = await findCredentials(registry, sources)
    if (again === null || show(again) === show(first)) throw explain(error, registry, first, sources)
    try {
      return await act(show(again))
    } catch (second) {
      throw explain(second, registry, again, sources)
    }
  }
}

/** True when a registry said no to who asked. */
export function isRegistryDenial(error: unknown): boolean {
  return error instanceof Error && DENIED.test(error.message)
}

function explain(error: unknown, registry: string, found: Credentials | null, { given, signal }: CredentialSources): unknown {
  if (signal.aborted || !(error instanceof Error) || error instanceof AedileError) return error
  const why = error.message.trim().replace(/\.$/, '')
  if (isRegistryDenial(error)) {
    const user = found ? `${found.username ?? 'a token'} (from ${found.origin})` : 'an anonymous user'
    return new AedileError('registry_refused', { registry, user, why, advice: advise(registry, found, given) }, { cause: error })
  }
  if (!AWAY.test(why)) return error
  const isPlain = /HTTP response to HTTPS client/.test(why)
  const advice = isPlain ? ` It speaks plain HTTP: add it to the engine's insecure-registries.` : ''
  return new AedileError('registry_unreachable', { registry, why, advice }, { cause: error })
}

function advise(registry: string, found: Credentials | null, given: CredentialSources['given']): string {
  if (given && found === null) return `The credentials that were given are for ${given.registry_url || 'no registry'}.`
  if (found === null) return `Log in with \`docker login ${registry}\`, or give a docker-registry-credentials block.`
  if (found.kind !== 'password') return `Log in again: \`docker login ${registry}\`.`
  return 'Check the name, the password, and what this user may do there.'
}
