import { type CredentialSources, readGivenCredentials } from './credentials.ts'
import { withRegistryAccess } from './registry-access.ts'

/**
 * The same for the pull of a run: with the login of its job (the header `X-Registry-Auth` of the request), else with
 * Docker's own config where the worker runs, as a genuine worker pulls.
 * @throws AedileError `registry_refused` or `registry_unreachable`
 */
export function withPullAccess<T>(
  image: string,
  login: string | null,
  place: Omit<CredentialSources, 'given'>,
  act: (authorization: string | null) => Promise<T>,
): Promise<T> {
  return withRegistryAccess(image, { ...place, given: login === null ? null : readLogin(login) }, act)
}

function readLogin(authorization: string) {
  const document = JSON.parse(Buffer.from(authorization, 'base64url').toString('utf8'))
  return readGivenCredentials({ ...document, registry_url: document.serveraddress })
}
