import { AedileError, isAedileError } from '@aedile/core/errors'
import type { JsonObject } from '@aedile/core/json'
import { isUnanswered } from '../engine-error.ts'
import { type CredentialSources, encodeAuthorization, findCredentials } from '../registry-auth/credentials.ts'
import { readReference } from '../registry-auth/reference.ts'
import { isRegistryDenial, withRegistryAccess } from '../registry-auth/registry-access.ts'
import type { ImageEngine } from './image-engine.ts'
import { followProgress } from './progress.ts'
import { retryTransient } from './retry.ts'
import { withSilenceLimit } from './silence-limit.ts'

/** The engine wants a header, also from nobody. */
const NOBODY = encodeAuthorization({})

/**
 * Pushes `name:tag` and returns the digest that the registry gave it.
 * @throws AedileError `registry_refused`, `registry_unreachable` or `image_push_failed`
 */
export async function pushImage(
  engine: ImageEngine,
  { name, tag }: { name: string; tag: string },
  { tell, sources }: { tell: (line: string) => void; sources: CredentialSources },
): Promise<string> {
  const { signal } = sources
  const image = `${name}:${tag}`
  const push = (authorization: string | null) =>
    withSilenceLimit(signal, async (limit) => {
      const stream = await engine.push(name, tag, authorization ?? NOBODY, limit.signal)
      return await followProgress(stream, tell, () => limit.heard())
    })
  try {
    const { Digest: digest } = await withRegistryAccess(image, sources, (authorization) =>
      retryTransient(() => push(authorization), { tell, signal }),
    )
    if (typeof digest === 'string') return digest
    throw new Error('the registry gave no digest')
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (isUnanswered(error)) throw new AedileError('infrastructure_unreachable', { what: error.message }, { cause: error })
    if (isAedileError(error)) throw error
    throw new AedileError('image_push_failed', { image, why: (error as Error).message }, { cause: error })
  }
}

/**
 * Tries the credentials of an image's registry, so that a wrong password is told before a long build. Without any, or when
 * the registry says nothing of them, the push will tell.
 */
export async function checkLogin(engine: ImageEngine, image: string, sources: CredentialSources): Promise<void> {
  const registry = readReference(image)!.registry
  if (!(await findCredentials(registry, sources))) return
  try {
    await withRegistryAccess(image, sources, async (authorization) => {
      const document = JSON.parse(Buffer.from(authorization ?? '', 'base64url').toString('utf8')) as JsonObject
      // A token is no login: the push will show it.
      if (typeof document.password === 'string') await engine.login(document)
    })
  } catch (error) {
    if (isUnanswered(error)) throw new AedileError('infrastructure_unreachable', { what: error.message }, { cause: error })
    if (isAedileError(error) || isRegistryDenial(error)) throw error
  }
}
