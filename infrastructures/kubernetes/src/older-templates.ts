import type { BaseJobTemplate } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { buildConfigurationTemplate, buildManifestTemplate } from './templates.ts'

const integer = (title: string): JsonObject => ({ title, type: 'integer' })
const string = (title: string): JsonObject => ({ title, type: 'string' })
const mapping = (title: string): JsonObject => ({ title, type: 'object', additionalProperties: { type: 'string' } })

/** The variables as they were published before there were annotations and a backoff limit. */
const publishedProperties: JsonObject = {
  name: string('Name'),
  env: mapping('Environment Variables'),
  labels: mapping('Labels'),
  command: string('Command'),
  namespace: { title: 'Namespace', default: 'default', type: 'string' },
  image: { title: 'Image', example: 'docker.io/prefecthq/prefect:3-latest', type: 'string' },
  service_account_name: string('Service Account Name'),
  image_pull_policy: {
    title: 'Image Pull Policy',
    default: 'IfNotPresent',
    enum: ['IfNotPresent', 'Always', 'Never'],
    type: 'string',
  },
  finished_job_ttl: integer('Finished Job TTL'),
  job_watch_timeout_seconds: integer('Job Watch Timeout Seconds'),
  pod_watch_timeout_seconds: { title: 'Pod Watch Timeout Seconds', default: 60, type: 'integer' },
  stream_output: { title: 'Stream Output', default: true, type: 'boolean' },
  cluster_config: { title: 'Cluster Config', allOf: [{ $ref: '#/definitions/KubernetesClusterConfig' }] },
}
const publishedResources: JsonObject = {
  cpu_request: string('CPU Request'),
  cpu_limit: string('CPU Limit'),
  memory_request: string('Memory Request'),
  memory_limit: string('Memory Limit'),
}
const publishedDefinitions: JsonObject = {
  KubernetesClusterConfig: {
    title: 'KubernetesClusterConfig',
    type: 'object',
    properties: { config: { title: 'Config', type: 'object' }, context_name: { title: 'Context Name', type: 'string' } },
    required: ['config', 'context_name'],
    block_type_slug: 'kubernetes-cluster-config',
    secret_fields: [],
    block_schema_references: {},
  },
}

/** The default template without annotations and with a fixed backoff limit; `resources` came between the generations. */
function buildPublished(
  properties: JsonObject,
  { backoffLimit, resources }: { backoffLimit: boolean; resources: boolean },
): BaseJobTemplate {
  const manifest = buildManifestTemplate()
  const { annotations: _annotations, ...metadata } = manifest.metadata as JsonObject
  const { backoffLimit: _backoffLimit, template, ...spec } = manifest.spec as JsonObject
  const { annotations: _own, ...configuration } = buildConfigurationTemplate({
    ...manifest,
    metadata,
    spec: {
      ...(backoffLimit ? { backoffLimit: 0 } : {}),
      ...spec,
      template: resources ? template! : withoutResources(template as JsonObject),
    },
  })
  const variables = { type: 'object', properties, definitions: publishedDefinitions }
  return { job_configuration: configuration, variables }
}

function withoutResources(template: JsonObject): JsonObject {
  const podSpec = template.spec as JsonObject
  const containers = (podSpec.containers as JsonObject[]).map(({ resources: _resources, ...container }) => container)
  return { ...template, spec: { ...podSpec, containers } }
}

/** Default templates that were published before, newest first: the one in Prefect's registry, and that of its first workers. */
export const olderBaseJobTemplates: BaseJobTemplate[] = [
  buildPublished({ ...publishedProperties, ...publishedResources }, { backoffLimit: true, resources: true }),
  buildPublished(publishedProperties, { backoffLimit: false, resources: false }),
]
