import type { BaseJobTemplate } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { definitions } from '../shared-definitions.ts'
import { TEXTS } from './texts.ts'

/** JSON Schema of the variables. Names, types, defaults, limits and examples are those of the genuine package. */
export const variables: JsonObject = {
  description: TEXTS.variables,
  properties: {
    name: { anyOf: [{ type: 'string' }, { type: 'null' }], default: null, description: TEXTS.name, title: 'Name' },
    env: {
      additionalProperties: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      description: TEXTS.env,
      title: 'Environment Variables',
      type: 'object',
    },
    labels: { additionalProperties: { type: 'string' }, description: TEXTS.labels, title: 'Labels', type: 'object' },
    command: { anyOf: [{ type: 'string' }, { type: 'null' }], default: null, description: TEXTS.command, title: 'Command' },
    region: { default: 'us-central1', description: TEXTS.region, examples: ['us-central1'], title: 'Region', type: 'string' },
    credentials: {
      anyOf: [{ $ref: '#/definitions/GcpCredentials' }, { type: 'null' }],
      description: TEXTS.credentials,
      title: 'GCP Credentials',
    },
    prefect_api_key_secret: {
      anyOf: [{ $ref: '#/definitions/SecretKeySelector' }, { type: 'null' }],
      default: null,
      description: TEXTS.prefect_api_key_secret,
      title: 'Prefect API Key Secret',
    },
    prefect_api_auth_string_secret: {
      anyOf: [{ $ref: '#/definitions/SecretKeySelector' }, { type: 'null' }],
      default: null,
      description: TEXTS.prefect_api_auth_string_secret,
      title: 'Prefect API Auth String Secret',
    },
    image: {
      anyOf: [{ type: 'string' }, { type: 'null' }],
      default: null,
      description: TEXTS.image,
      examples: ['docker.io/prefecthq/prefect:3-latest'],
      title: 'Image Name',
    },
    cpu: {
      anyOf: [{ pattern: '^(\\d*000)m$', type: 'string' }, { type: 'null' }],
      default: null,
      description: TEXTS.cpu,
      examples: ['1000m'],
      title: 'CPU',
    },
    memory: {
      anyOf: [{ pattern: '^\\d+(?:G|Gi|M|Mi)$', type: 'string' }, { type: 'null' }],
      default: null,
      description: TEXTS.memory,
      examples: ['512Mi'],
      title: 'Memory',
    },
    vpc_connector_name: {
      anyOf: [{ type: 'string' }, { type: 'null' }],
      default: null,
      description: TEXTS.vpc_connector_name,
      title: 'VPC Connector Name',
    },
    service_account_name: {
      anyOf: [{ type: 'string' }, { type: 'null' }],
      default: null,
      description: TEXTS.service_account_name,
      examples: ['service-account@example.iam.gserviceaccount.com'],
      title: 'Service Account Name',
    },
    keep_job: {
      anyOf: [{ type: 'boolean' }, { type: 'null' }],
      default: false,
      description: TEXTS.keep_job,
      title: 'Keep Job After Completion',
    },
    timeout: {
      anyOf: [{ exclusiveMinimum: 0, maximum: 3600, type: 'integer' }, { type: 'null' }],
      default: 600,
      description: TEXTS.timeout,
      title: 'Job Timeout',
    },
  },
  type: 'object',
  definitions,
}

/** What a new pool of the type has. Equal to that of a genuine worker, also in the order of its keys. */
export const defaultBaseJobTemplate: BaseJobTemplate = {
  job_configuration: {
    command: '{{ command }}',
    env: '{{ env }}',
    labels: '{{ labels }}',
    name: '{{ name }}',
    region: '{{ region }}',
    credentials: '{{ credentials }}',
    prefect_api_key_secret: '{{ prefect_api_key_secret }}',
    prefect_api_auth_string_secret: '{{ prefect_api_auth_string_secret }}',
    job_body: {
      apiVersion: 'run.googleapis.com/v1',
      kind: 'Job',
      metadata: { annotations: { 'run.googleapis.com/launch-stage': 'BETA' }, name: '{{ name }}' },
      spec: {
        template: {
          metadata: { annotations: { 'run.googleapis.com/vpc-access-connector': '{{ vpc_connector_name }}' } },
          spec: {
            template: {
              spec: {
                containers: [
                  {
                    command: '{{ command }}',
                    image: '{{ image }}',
                    resources: {
                      limits: { cpu: '{{ cpu }}', memory: '{{ memory }}' },
                      requests: { cpu: '{{ cpu }}', memory: '{{ memory }}' },
                    },
                  },
                ],
                serviceAccountName: '{{ service_account_name }}',
                timeoutSeconds: '{{ timeout }}',
              },
            },
          },
        },
      },
    },
    timeout: '{{ timeout }}',
    keep_job: '{{ keep_job }}',
  },
  variables,
}
