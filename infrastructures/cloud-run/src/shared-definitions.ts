import type { JsonObject } from '@aedile/core/json'
import { DEFINITION_TEXTS } from './definition-texts.ts'

/** What the variables of both types refer to. Equal to those of genuine workers, also in the order of their keys. */
export const definitions: JsonObject = {
  GcpCredentials: {
    block_schema_references: {},
    block_type_slug: 'gcp-credentials',
    description: DEFINITION_TEXTS.GcpCredentials,
    properties: {
      service_account_file: {
        anyOf: [{ format: 'path', type: 'string' }, { type: 'null' }],
        default: null,
        description: DEFINITION_TEXTS.service_account_file,
        title: 'Service Account File',
      },
      service_account_info: {
        anyOf: [{ additionalProperties: true, type: 'object' }, { type: 'null' }],
        default: null,
        description: DEFINITION_TEXTS.service_account_info,
        title: 'Service Account Info',
      },
      project: {
        anyOf: [{ type: 'string' }, { type: 'null' }],
        default: null,
        description: DEFINITION_TEXTS.project,
        title: 'Project',
      },
    },
    secret_fields: ['service_account_info.*'],
    title: 'GcpCredentials',
    type: 'object',
  },
  SecretKeySelector: {
    description: DEFINITION_TEXTS.SecretKeySelector,
    properties: { secret: { title: 'Secret', type: 'string' }, version: { title: 'Version', type: 'string' } },
    required: ['secret', 'version'],
    title: 'SecretKeySelector',
    type: 'object',
  },
}

/** The same, as the registry of genuine workers still publishes it. Source: INF 0.8. */
export const publishedDefinitions: JsonObject = {
  GcpCredentials: {
    title: 'GcpCredentials',
    description: DEFINITION_TEXTS.GcpCredentials,
    type: 'object',
    properties: {
      service_account_file: {
        title: 'Service Account File',
        description: DEFINITION_TEXTS.service_account_file,
        type: 'string',
        format: 'path',
      },
      service_account_info: {
        title: 'Service Account Info',
        description: DEFINITION_TEXTS.service_account_info,
        type: 'object',
      },
      project: { title: 'Project', description: DEFINITION_TEXTS.project, type: 'string' },
    },
    block_type_slug: 'gcp-credentials',
    secret_fields: ['service_account_info.*'],
    block_schema_references: {},
  },
}
