import type { BaseJobTemplate } from '@aedile/core/infrastructure-definition'
import { publishedDefinitions } from '../shared-definitions.ts'
import { TEXTS } from './texts.ts'

/** What the registry of genuine workers still publishes. Source: INF 0.8. */
export const publishedBaseJobTemplate: BaseJobTemplate = {
  job_configuration: {
    command: '{{ command }}',
    env: '{{ env }}',
    labels: '{{ labels }}',
    name: '{{ name }}',
    credentials: '{{ credentials }}',
    job_body: {
      client: 'prefect',
      launchStage: '{{ launch_stage }}',
      template: {
        template: {
          serviceAccount: '{{ service_account_name }}',
          maxRetries: '{{ max_retries }}',
          timeout: '{{ timeout }}',
          vpcAccess: { connector: '{{ vpc_connector_name }}' },
          containers: [
            {
              env: [],
              image: '{{ image }}',
              command: '{{ command }}',
              args: '{{ args }}',
              resources: { limits: { cpu: '{{ cpu }}', memory: '{{ memory }}' } },
            },
          ],
        },
      },
    },
    keep_job: '{{ keep_job }}',
    region: '{{ region }}',
    timeout: '{{ timeout }}',
  },
  variables: {
    description: TEXTS.variables,
    type: 'object',
    properties: {
      name: { title: 'Name', description: TEXTS.name, type: 'string' },
      env: { title: 'Environment Variables', description: TEXTS.env, type: 'object', additionalProperties: { type: 'string' } },
      labels: { title: 'Labels', description: TEXTS.labels, type: 'object', additionalProperties: { type: 'string' } },
      command: { title: 'Command', description: TEXTS.command, type: 'string' },
      credentials: {
        title: 'GCP Credentials',
        description: TEXTS.credentials,
        allOf: [{ $ref: '#/definitions/GcpCredentials' }],
      },
      region: { title: 'Region', description: TEXTS.region, default: 'us-central1', type: 'string' },
      image: { title: 'Image Name', description: TEXTS.image, default: 'prefecthq/prefect:3-latest', type: 'string' },
      args: { title: 'Args', description: TEXTS.args, type: 'array', items: { type: 'string' } },
      keep_job: { title: 'Keep Job After Completion', description: TEXTS.keep_job, default: false, type: 'boolean' },
      launch_stage: {
        title: 'Launch Stage',
        description: TEXTS.launch_stage,
        default: 'BETA',
        enum: ['ALPHA', 'BETA', 'GA', 'DEPRECATED', 'EARLY_ACCESS', 'PRELAUNCH', 'UNIMPLEMENTED', 'LAUNCH_TAG_UNSPECIFIED'],
        type: 'string',
      },
      max_retries: { title: 'Max Retries', description: TEXTS.max_retries, default: 0, type: 'integer' },
      cpu: { title: 'CPU', description: TEXTS.cpu, default: '1000m', type: 'string' },
      memory: {
        title: 'Memory',
        description: TEXTS.memory,
        default: '512Mi',
        example: '512Mi',
        pattern: '^\\d+(?:G|Gi|M|Mi)$',
        type: 'string',
      },
      timeout: {
        title: 'Job Timeout',
        description: TEXTS.timeout,
        default: 600,
        exclusiveMinimum: 0,
        maximum: 604800,
        type: 'integer',
      },
      vpc_connector_name: { title: 'VPC Connector Name', description: TEXTS.vpc_connector_name, type: 'string' },
      service_account_name: {
        title: 'Service Account Name',
        description: TEXTS.service_account_name,
        example: 'service-account@example.iam.gserviceaccount.com',
        type: 'string',
      },
    },
    definitions: publishedDefinitions,
  },
}
