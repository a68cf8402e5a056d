import type { FastifyInstance } from 'fastify'

/** Lets browsers of the allowed origins use the API, and answers their preflight requests before authentication. */
export function addCors(app: FastifyInstance, origins: readonly string[]): void {
  const anyOrigin = origins.includes('*')
  app.addHook('onRequest', async (request, reply) => {
    const origin = request.headers.origin
    if (origin === undefined || !(anyOrigin || origins.includes(origin))) return
    reply.header('access-control-allow-origin', anyOrigin ? '*' : origin)
    reply.header('access-control-expose-headers', 'x-request-id, retry-after')
    if (!anyOrigin) reply.header('vary', 'Origin')
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return
    reply.header('access-control-allow-methods', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS')
    reply.header('access-control-allow-headers', request.headers['access-control-request-headers'] ?? '*')
    reply.header('access-control-max-age', '600')
    return reply.code(200).type('text/plain').send('OK')
  })
}
