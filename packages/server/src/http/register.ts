import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { PendingBytes } from '../store/pending-bytes.ts'
import { LEAST_API_VERSION } from '../version.ts'
import type { Workspace } from '../workspace.ts'
import { parseBody } from './json-body.ts'
import { type Action, HttpError, type Route } from './route.ts'
import { validatePart } from './validation.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    resource?: string
    action?: Action
  }
}

/** Paths that answer whatever version of the API a request names. */
const WITHOUT_VERSION_CHECK = new Set(['/health', '/version'])

/** Puts one declared operation on the server: version check, validation, handler, answer. */
export function registerRoute(app: FastifyInstance, declared: Route, workspace: Workspace, bodies: PendingBytes): void {
  app.route({
    method: declared.method,
    url: toPattern(declared.path),
    config: { resource: declared.resource, action: declared.action },
    handler: async (request, reply) => {
      // An empty parameter is another path: `/flows/` is not `/flows/:id`.
      if (hasEmptyParameter(request)) return reply.callNotFound()
      if (!WITHOUT_VERSION_CHECK.has(declared.path)) checkApiVersion(request)
      const { principal } = request
      // A body is kept until its commit, so what waits for commits is bounded here for every route.
      const result = await bodies.hold(sizeOf(request.body), async () =>
        declared.handle({ ...readInput(declared, request), workspace, request, reply, principal }),
      )
      return sendResult(reply, result)
    },
  })
}

/** Fastify's spelling of a path: `{id}` and `:id` both are parameters. */
export function toPattern(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}

function sizeOf(body: unknown): number {
  return Buffer.isBuffer(body) ? body.length : 0
}

function hasEmptyParameter(request: FastifyRequest): boolean {
  return Object.values(request.params as Record<string, string>).includes('')
}

function readInput(declared: Route, request: FastifyRequest): { params: unknown; query: unknown; body: unknown } {
  const params = declared.params?.safeParse(request.params)
  if (params && !params.success) throw new HttpError(404, 'Not Found')
  const body = declared.body ? parseBody(request.body as Buffer | undefined, request.headers['content-type']) : undefined
  const query = declared.query ? validatePart(declared.query, request.query, 'query', null) : undefined
  return {
    params: params?.data ?? request.params,
    query,
    body: declared.body ? validatePart(declared.body, body, 'body', body) : undefined,
  }
}

function sendResult(reply: FastifyReply, result: unknown): FastifyReply {
  if (reply.sent) return reply
  if (reply.statusCode === 204) return reply.send()
  // A handler that names a content type sends its own text, bytes or stream.
  if (reply.hasHeader('content-type')) return reply.send(result)
  return reply.type('application/json').send(JSON.stringify(result ?? null))
}

/** Source: WC 0.5; the missing blank in the first text is theirs. */
function checkApiVersion(request: FastifyRequest): void {
  const given = request.headers['x-prefect-api-version']
  if (typeof given !== 'string' || given === '') return
  const parts = given.split('.').map((part) => (/^\s*[+-]?\d+\s*$/.test(part) ? Number(part) : Number.NaN))
  if (parts.length !== 3 || parts.some(Number.isNaN)) {
    throw new HttpError(
      400,
      `Invalid X-PREFECT-API-VERSION header format.Expected header in format 'x.y.z' but received ${given}`,
    )
  }
  const least = LEAST_API_VERSION.split('.').map(Number)
  const difference = parts.map((part, index) => part - least[index]!).find((one) => one !== 0)
  if (difference !== undefined && difference < 0) {
    throw new HttpError(
      400,
      `The request specified API version ${given} but this server requires version ${LEAST_API_VERSION} or higher.`,
    )
  }
}
