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
    credentials: { $ref: '#/definitions/GcpCredentials', description: TEXTS.credentials, title: 'GCP Credentials' },
    region: { default: 'us-central1', description: TEXTS.region, title: 'Region', type: 'string' },
    image: {
      anyOf: [{ type: 'string' }, { type: 'null' }],
      default: 'prefecthq/prefect:3-latest',
      description: TEXTS.image,
      title: 'Image Name',
    },
    args: { description: TEXTS.args, items: { type: 'string' }, title: 'Args', type: 'array' },
    env_from_secrets: {
      additionalProperties: { $ref: '#/definitions/SecretKeySelector' },
      description: TEXTS.env_from_secrets,
      examples: [{ ENV_VAR_NAME: { secret: 'SECRET_NAME', version: 'latest' } }],
      title: 'Environment Variables from Secrets',
      type: 'object',
    },
    prefect_api_key_secret: {
      anyOf: [{ $ref: '#/definitions/SecretKeySelector' }, { type: 'null' }],
      default: null,
      description: TEXTS.prefect_api_key_secret,
      examples: [{ secret: 'prefect-api-key', version: 'latest' }],
      title: 'Prefect API Key Secret',
    },
    prefect_api_auth_string_secret: {
      anyOf: [{ $ref: '#/definitions/SecretKeySelector' }, { type: 'null' }],
      default: null,
      description: TEXTS.prefect_api_auth_string_secret,
      examples: [{ secret: 'prefect-api-auth-string', version: 'latest' }],
      title: 'Prefect API Auth String Secret',
    },
    cloudsql_instances: {
      anyOf: [{ items: { type: 'string' }, type: 'array' }, { type: 'null' }],
      description: TEXTS.cloudsql_instances,
      examples: ['project:region:instance-id'],
      title: 'Cloud SQL Instances',
    },
    keep_job: { default: false, description: TEXTS.keep_job, title: 'Keep Job After Completion', type: 'boolean' },
    launch_stage: {
      default: 'BETA',
      description: TEXTS.launch_stage,
      enum: ['ALPHA', 'BETA', 'GA', 'DEPRECATED', 'EARLY_ACCESS', 'PRELAUNCH', 'UNIMPLEMENTED', 'LAUNCH_TAG_UNSPECIFIED'],
      title: 'Launch Stage',
      type: 'string',
    },
    max_retries: { default: 0, description: TEXTS.max_retries, title: 'Max Retries', type: 'integer' },
    cpu: { default: '1000m', description: TEXTS.cpu, title: 'CPU', type: 'string' },
    memory: {
      default: '512Mi',
      description: TEXTS.memory,
      examples: ['512Mi'],
      pattern: '^\\d+(?:G|Gi|M|Mi)$',
      title: 'Memory',
      type: 'string',
    },
    timeout: {
      default: 600,
      description: TEXTS.timeout,
      exclusiveMinimum: 0,
      maximum: 604800,
      title: 'Job Timeout',
      type: 'integer',
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
    credentials: '{{ credentials }}',
    env_from_secrets: '{{ env_from_secrets }}',
    prefect_api_key_secret: '{{ prefect_api_key_secret }}',
    prefect_api_auth_string_secret: '{{ prefect_api_auth_string_secret }}',
    cloudsql_instances: '{{ cloudsql_instances }}',
    job_body: {
      client: 'prefect',
      launchStage: '{{ launch_stage }}',
      template: {
        template: {
          containers: [
            {
              args: '{{ args }}',
              command: '{{ command }}',
              env: [],
              image: '{{ image }}',
              resources: { limits: { cpu: '{{ cpu }}', memory: '{{ memory }}' } },
            },
          ],
          maxRetries: '{{ max_retries }}',
          serviceAccount: '{{ service_account_name }}',
          timeout: '{{ timeout }}',
          vpcAccess: { connector: '{{ vpc_connector_name }}' },
        },
      },
    },
    keep_job: '{{ keep_job }}',
    region: '{{ region }}',
    timeout: '{{ timeout }}',
  },
  variables,
}
