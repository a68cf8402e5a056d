import type { InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import { z } from 'zod'
import { HttpError, type Route, route } from '../route.ts'

/** Views of the registry of collections that clients ask for. Only the one of workers has something to say here. */
const EMPTY_VIEWS = ['aggregate-block-metadata', 'aggregate-flow-metadata', 'demo-flows']

export const routes: Route[] = [
  route({
    method: 'GET',
    path: '/collections/views/:view',
    summary: 'What is known of infrastructures, blocks and flows',
    resource: 'collection',
    action: 'read',
    params: z.object({ view: z.string() }),
    responses: { 200: z.record(z.string(), z.any()), 404: null },
    async handle({ workspace, params: { view } }) {
      if (view === 'aggregate-worker-metadata') return describeWorkers(workspace.definitions ?? [])
      if (EMPTY_VIEWS.includes(view)) return {}
      throw new HttpError(404, `View ${view} not found in registry`)
    },
  }),
]

/** By package, because genuine clients install the named one for the worker of a type. Source: WC 6.4, collections view. */
function describeWorkers(definitions: readonly InfrastructureDefinition[]): Record<string, Record<string, unknown>> {
  const packages: Record<string, Record<string, unknown>> = {}
  for (const definition of definitions) {
    const name = definition.pythonPackage ?? 'aedile'
    packages[name] ??= {}
    packages[name][definition.type] = {
      type: definition.type,
      display_name: definition.displayName,
      description: definition.description,
      default_base_job_configuration: definition.defaultBaseJobTemplate,
      install_command: definition.pythonPackage ? `pip install ${definition.pythonPackage}` : 'npm install aedile',
      documentation_url: definition.documentationUrl,
      logo_url: definition.logoUrl,
      is_beta: false,
    }
  }
  return packages
}
