import type { JsonObject } from '@aedile/core/json'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Metrics } from '../../metrics.ts'
import type { Workspace } from '../../workspace.ts'
import { buildOpenApi } from '../openapi.ts'
import type { Route } from '../route.ts'
import { renderDocumentation } from './documentation-page.ts'
import { renderHomePage } from './home-page.ts'

/** Pages of the root that need no authentication: they say nothing of this server's data. */
export const OPEN_PAGES = ['/openapi.json', '/docs', '/ui-settings'] as const

/** Everything that stands beside the API: home page, documentation, the UI's settings, metrics. */
export function addRootPages(app: FastifyInstance, workspace: Workspace, routes: readonly Route[], metrics: Metrics): void {
  const { settings } = workspace
  const document = once(() => buildOpenApi(routes, settings.basePath) as JsonObject)
  const documentText = once(() => JSON.stringify(document()))
  const documentation = once(() => renderDocumentation(document()))
  const config = { resource: 'server', action: 'read' } as const

  app.get('/', { config }, async (_request, reply) => sendPage(reply, await renderHomePage(workspace)))
  app.get('/openapi.json', { config }, async (_request, reply) => reply.type('application/json').send(documentText()))
  for (const path of ['/docs', `${settings.basePath}/docs`]) {
    app.get(path, { config }, async (_request, reply) => sendPage(reply, documentation()))
  }
  app.get('/ui-settings', { config }, async () => describeForUi(workspace))
  if (settings.metrics) {
    app.get('/metrics', { config }, async (_request, reply) =>
      reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
    )
  }
}

/** Source: WC 6.8. */
function describeForUi({ settings }: Workspace): Record<string, unknown> {
  return {
    api_url: settings.basePath,
    csrf_enabled: settings.csrfProtection,
    auth: settings.authString === null ? null : 'BASIC',
    flags: [],
    default_ui: 'v2',
    available_uis: [],
    v1_base_url: null,
    v2_base_url: null,
  }
}

function sendPage(reply: FastifyReply, text: string): FastifyReply {
  return reply
    .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
    .header('x-content-type-options', 'nosniff')
    .type('text/html; charset=utf-8')
    .send(text)
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
