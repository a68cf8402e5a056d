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
    region: '{{ region }}',
    credentials: '{{ credentials }}',
    job_body: {
      apiVersion: 'run.googleapis.com/v1',
      kind: 'Job',
      metadata: { name: '{{ name }}', annotations: { 'run.googleapis.com/launch-stage': 'BETA' } },
      spec: {
        template: {
          spec: {
            template: {
              spec: {
                containers: [
                  {
                    image: '{{ image }}',
                    command: '{{ command }}',
                    resources: {
                      limits: { cpu: '{{ cpu }}', memory: '{{ memory }}' },
                      requests: { cpu: '{{ cpu }}', memory: '{{ memory }}' },
                    },
                  },
                ],
                timeoutSeconds: '{{ timeout }}',
                serviceAccountName: '{{ service_account_name }}',
              },
            },
          },
          metadata: { annotations: { 'run.googleapis.com/vpc-access-connector': '{{ vpc_connector_name }}' } },
        },
      },
    },
    timeout: '{{ timeout }}',
    keep_job: '{{ keep_job }}',
  },
  variables: {
    description: TEXTS.variables,
    type: 'object',
    properties: {
      name: { title: 'Name', description: TEXTS.name, type: 'string' },
      env: { title: 'Environment Variables', description: TEXTS.env, type: 'object', additionalProperties: { type: 'string' } },
      labels: { title: 'Labels', description: TEXTS.labels, type: 'object', additionalProperties: { type: 'string' } },
      command: { title: 'Command', description: TEXTS.command, type: 'string' },
      region: { title: 'Region', description: TEXTS.region, default: 'us-central1', example: 'us-central1', type: 'string' },
      credentials: {
        title: 'GCP Credentials',
        description: TEXTS.credentials,
        allOf: [{ $ref: '#/definitions/GcpCredentials' }],
      },
      image: { title: 'Image Name', description: TEXTS.image, example: 'docker.io/prefecthq/prefect:3-latest', type: 'string' },
      cpu: { title: 'CPU', description: TEXTS.cpu, pattern: '^(\\d*000)m$', example: '1000m', type: 'string' },
      memory: { title: 'Memory', description: TEXTS.memory, pattern: '^\\d+(?:G|Gi|M|Mi)$', example: '512Mi', type: 'string' },
      vpc_connector_name: { title: 'VPC Connector Name', description: TEXTS.vpc_connector_name, type: 'string' },
      service_account_name: {
        title: 'Service Account Name',
        description: TEXTS.service_account_name,
        example: 'service-account@example.iam.gserviceaccount.com',
        type: 'string',
      },
      keep_job: { title: 'Keep Job After Completion', description: TEXTS.keep_job, default: false, type: 'boolean' },
      timeout: {
        title: 'Job Timeout',
        description: TEXTS.timeout,
        default: 600,
        exclusiveMinimum: 0,
        maximum: 3600,
        type: 'integer',
      },
    },
    definitions: publishedDefinitions,
  },
}

/**
 * The job body that the documentation of the type prints: arguments in place of the command. `args` is no declared variable,
 * so without a value it goes, and the command is the default one. Source: document S0.
 */
export const documentedBaseJobTemplate: BaseJobTemplate = {
  job_configuration: {
    ...publishedBaseJobTemplate.job_configuration,
    job_body: {
      apiVersion: 'run.googleapis.com/v1',
      kind: 'Job',
      metadata: { name: '{{ name }}', annotations: { 'run.googleapis.com/launch-stage': 'BETA' } },
      spec: {
        template: {
          spec: {
            template: {
              spec: {
                containers: [
                  {
                    image: '{{ image }}',
                    args: '{{ args }}',
                    resources: {
                      limits: { cpu: '{{ cpu }}', memory: '{{ memory }}' },
                      requests: { cpu: '{{ cpu }}', memory: '{{ memory }}' },
                    },
                  },
                ],
                timeoutSeconds: '{{ timeout }}',
                serviceAccountName: '{{ service_account_name }}',
              },
            },
          },
          metadata: { annotations: { 'run.googleapis.com/vpc-access-connector': '{{ vpc_connector_name }}' } },
        },
      },
    },
  },
  variables: publishedBaseJobTemplate.variables,
}
