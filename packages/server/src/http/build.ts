import { randomUUID } from 'node:crypto'
import { AedileError } from '@aedile/core/errors'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { Metrics } from '../metrics.ts'
import { PendingBytes } from '../store/pending-bytes.ts'
import type { Workspace } from '../workspace.ts'
import { AnswerDeadlines } from './answer-deadlines.ts'
import { toAnswer } from './answers.ts'
import { AuditTrail } from './audit-trail.ts'
import { addAuthentication, pathOf } from './authentication.ts'
import { addCors } from './cors.ts'
import { addCsrfProtection } from './csrf/tokens.ts'
import { addRootPages, OPEN_PAGES } from './home/pages.ts'
import { routes as allRoutes } from './index.ts'
import { PathLookup } from './path-lookup.ts'
import { registerRoute } from './register.ts'
import type { Route } from './route.ts'

/** What a test may give in place of the real things. */
export type HttpParts = { routes?: readonly Route[]; metrics?: Metrics }

/** The HTTP side of a work space: every declared route, with the answers that clients of the Prefect 3 API expect. */
export function buildHttp(workspace: Workspace, parts: HttpParts = {}): FastifyInstance {
  const { settings } = workspace
  const routes = parts.routes ?? allRoutes
  const metrics = parts.metrics ?? new Metrics()
  const app = createFastify(workspace)

  acceptAnyBody(app)
  identifyRequests(app)
  new AnswerDeadlines(settings.requestTimeoutSeconds * 1000).attach(app)
  measureRequests(app, metrics)
  addCors(app, settings.corsOrigins)
  const open = routes.filter((declared) => declared.open).map(({ path }) => settings.basePath + path)
  addAuthentication(app, settings.authString, [...open, ...OPEN_PAGES, `${settings.basePath}/docs`])
  app.setErrorHandler(answerError)
  if (settings.audit) new AuditTrail(workspace.store, workspace.log).attach(app)
  answerUnknownPaths(app, new PathLookup(routes, settings.basePath))

  app.register(
    async (api) => {
      addCsrfProtection(api, workspace)
      const bodies = new PendingBytes(settings.maxPendingBytes)
      for (const declared of routes) registerRoute(api, declared, workspace, bodies)
    },
    { prefix: settings.basePath },
  )
  addRootPages(app, workspace, routes, metrics)
  if (!parts.metrics) app.addHook('onClose', async () => metrics.stop())
  return app
}

function createFastify(workspace: Workspace): FastifyInstance {
  const { settings, log } = workspace
  return Fastify({
    // Fastify's own lines say nothing that the start line does not.
    loggerInstance: log.child({}, { level: log.isLevelEnabled('warn') ? 'warn' : log.level }),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    bodyLimit: settings.bodyLimitBytes,
    requestTimeout: settings.requestTimeoutSeconds * 1000,
    // Longer than the idle time of common clients and proxies, which would otherwise meet a closing connection.
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    genReqId: (request) => givenRequestId(request.headers['x-request-id']) ?? randomUUID(),
    routerOptions: { maxParamLength: 2048 },
    // Routes bring their own schemas; Fastify's compilers (Ajv and another) would be loaded for nothing.
    schemaController: { compilersFactory: { buildValidator: compileNothing, buildSerializer: compileNothing } },
  }) as unknown as FastifyInstance
}

function compileNothing(): never {
  throw new Error('A route was given a schema of Fastify.')
}

function givenRequestId(header: string | string[] | undefined): string | null {
  return typeof header === 'string' && /^[\w.-]{1,100}$/.test(header) ? header : null
}

/** Bodies are read whole and parsed by the route, so that errors have the form that clients know. */
function acceptAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}

function identifyRequests(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
}

function measureRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    const labels = { method: request.method, route: request.routeOptions.url ?? 'unknown', status: String(reply.statusCode) }
    metrics.httpDuration.observe(labels, reply.elapsedTime / 1000)
    done()
  })
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const tooLarge = (error as { code?: unknown } | null)?.code === 'FST_ERR_CTP_BODY_TOO_LARGE'
  const cause = tooLarge ? new AedileError('body_too_large', { limitBytes: request.server.initialConfig.bodyLimit }) : error
  const { status, body, headers, isOurFault } = toAnswer(cause)
  if (isOurFault) request.log.error({ err: error, url: request.url }, 'a request failed')
  return reply
    .code(status)
    .headers(headers)
    .type('application/json')
    .send(JSON.stringify({ ...body, request_id: request.id }))
}

/** Other methods of a known path answer 405, a wrong trailing slash is redirected, the rest is 404. */
function answerUnknownPaths(app: FastifyInstance, lookup: PathLookup): void {
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request)
    const methods = lookup.methodsOf(path)
    const other = methods.length === 0 ? lookup.otherSlash(path) : null
    if (other)
      return reply
        .code(307)
        .header('location', other + request.url.slice(path.length))
        .send()
    const status = methods.length > 0 ? 405 : 404
    if (status === 405) reply.header('allow', methods.join(', '))
    const detail = status === 405 ? 'Method Not Allowed' : 'Not Found'
    return reply
      .code(status)
      .type('application/json')
      .send(JSON.stringify({ detail, request_id: request.id }))
  })
}
