import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ANONYMOUS, AUTH_STRING, type Principal } from '../principal.ts'

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal
  }
}

/** Compares in a time that does not depend on the content or the length. */
export function isSameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected))
}

/** Tells who asks, or null when it is nobody that may. Used by HTTP and, with the raw token, by websockets. */
export function identifyPrincipal(authString: string | null, given: string | null): Principal | null {
  if (authString === null) return ANONYMOUS
  return given !== null && isSameSecret(given, authString) ? AUTH_STRING : null
}

/** Gives every request its principal; without one it is answered 401, except on the open paths. Source: WC 0.6. */
export function addAuthentication(app: FastifyInstance, authString: string | null, openPaths: readonly string[]): void {
  app.decorateRequest('principal')
  app.addHook('onRequest', async (request, reply) => {
    const principal = identifyPrincipal(authString, basicCredentials(request))
    if (principal) {
      request.principal = principal
      return
    }
    request.principal = ANONYMOUS
    if (openPaths.includes(pathOf(request))) return
    // A browser that asks for a page may ask its user; the API's clients must not get a prompt.
    if (request.headers.accept?.includes('text/html')) reply.header('www-authenticate', 'Basic realm="Aedile"')
    return reply.code(401).send({ exception_message: 'Unauthorized', request_id: request.id })
  })
}

/** The path of a request without its query. */
export function pathOf(request: FastifyRequest): string {
  const end = request.url.indexOf('?')
  return end === -1 ? request.url : request.url.slice(0, end)
}

function basicCredentials(request: FastifyRequest): string | null {
  const match = /^Basic\s+([A-Za-z0-9+/=_-]+)\s*$/i.exec(request.headers.authorization ?? '')
  return match ? Buffer.from(match[1]!, 'base64').toString('utf8') : null
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
