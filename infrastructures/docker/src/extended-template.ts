import type { BaseJobTemplate } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { defaultBaseJobTemplate, variables } from './templates.ts'

const properties = variables.properties as JsonObject

const deviceRequest: JsonObject = {
  additionalProperties: false,
  description: 'Devices, counted or named.',
  properties: {
    driver: { description: 'Who provides them, e.g. nvidia. By default, whoever can.', title: 'Driver', type: 'string' },
    count: {
      description: 'How many; -1 for all. Leave it out where ids are named.',
      minimum: -1,
      title: 'Count',
      type: 'integer',
    },
    device_ids: { description: 'Which ones, by id.', items: { type: 'string' }, title: 'Device IDs', type: 'array' },
    capabilities: {
      description: 'What they must be able to do: one of the inner lists, in full.',
      items: { items: { type: 'string' }, type: 'array' },
      title: 'Capabilities',
      type: 'array',
    },
    options: {
      additionalProperties: { type: 'string' },
      description: 'Options of the driver.',
      title: 'Options',
      type: 'object',
    },
  },
  title: 'Device Request',
  type: 'object',
}

const ulimit: JsonObject = {
  additionalProperties: false,
  properties: {
    name: { description: 'The name of the limit, e.g. nofile.', examples: ['nofile'], title: 'Name', type: 'string' },
    soft: { title: 'Soft Limit', type: 'integer' },
    hard: { title: 'Hard Limit', type: 'integer' },
  },
  required: ['name'],
  title: 'Ulimit',
  type: 'object',
}

/**
 * The default template with types for what users ask for within `container_create_kwargs`: GPU, shared memory, limits,
 * user. The job is the same, so a genuine worker takes it too, and what is not set is not there. They are set as
 * `container_create_kwargs.shm_size` or nested.
 */
export const extendedBaseJobTemplate: BaseJobTemplate = {
  job_configuration: defaultBaseJobTemplate.job_configuration,
  variables: {
    ...variables,
    properties: {
      ...properties,
      container_create_kwargs: {
        ...(properties.container_create_kwargs as JsonObject),
        anyOf: [
          {
            additionalProperties: true,
            properties: {
              device_requests: {
                description: 'GPU and other devices.',
                examples: [[{ count: -1, capabilities: [['gpu']] }]],
                items: deviceRequest,
                title: 'GPU and Devices',
                type: 'array',
              },
              shm_size: {
                anyOf: [{ type: 'string' }, { minimum: 0, type: 'integer' }],
                description: 'Size of /dev/shm, e.g. 1g; a number is in bytes.',
                examples: ['1g'],
                title: 'Shared Memory Size',
              },
              ulimits: {
                description: 'Limits of the processes in the container.',
                examples: [[{ name: 'nofile', soft: 65536, hard: 65536 }]],
                items: ulimit,
                title: 'Ulimits',
                type: 'array',
              },
              user: {
                anyOf: [{ type: 'string' }, { minimum: 0, type: 'integer' }],
                description: 'Who runs the command: a name or an id, with a group after a colon.',
                examples: ['1000:1000'],
                title: 'User',
              },
            },
            type: 'object',
          },
          { type: 'null' },
        ],
      },
    },
  },
}
