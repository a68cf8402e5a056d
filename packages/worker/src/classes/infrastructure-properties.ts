import type { JsonObject } from '@aedile/core/json'

const nullableText = { anyOf: [{ type: 'string' }, { type: 'null' }] }

/** The JSON Schemas of the fields that all infrastructure blocks have, under their stored names. Source: INF F.0. */
export function infrastructureProperties(type: string): Record<string, JsonObject> {
  return {
    type: { title: 'Type', description: 'The type of infrastructure.', default: type, enum: [type], type: 'string' },
    env: {
      title: 'Environment',
      description: 'Variables for the command. Null removes one.',
      type: 'object',
      additionalProperties: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    },
    labels: {
      title: 'Labels',
      description: 'Labels of what is created, where it can carry them.',
      type: 'object',
      additionalProperties: { type: 'string' },
    },
    name: { title: 'Name', description: 'A name for what is created.', default: null, ...nullableText },
    command: {
      title: 'Command',
      description: 'The command as words; no shell reads it. By default python -m prefect.engine.',
      type: 'array',
      items: { type: 'string' },
    },
  }
}
