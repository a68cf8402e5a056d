import type { JsonObject } from '@aedile/core/json'

const text = { type: 'string' }
const flag = { type: 'boolean' }
const fileMode = { type: 'integer', description: 'Permissions of the file, as a decimal number: 256 is 0400.' }

function mapping(properties: JsonObject, required: string[]): JsonObject {
  return { type: 'object', properties, required }
}

/** A schema of volumes, each of one of these kinds: the kind's own key beside the volume's name. */
export function volumeKinds(kinds: Record<string, JsonObject>): JsonObject[] {
  return Object.entries(kinds).map(([kind, schema]) => mapping({ name: text, [kind]: schema }, ['name', kind]))
}

/** The NFS volume, which both types spell alike. */
export const nfs = mapping({ server: text, path: text, readOnly: flag }, ['server', 'path'])

/** The parts that volumes of both types are made of. */
export const parts = { text, flag, fileMode, mapping }

const texts = { type: 'object', additionalProperties: text }

/** Variables of the extended templates that both types spell alike. None has a default: unset, it leaves no trace. */
export const extendedVariables = {
  gpu_count: {
    description: 'How many GPUs the container gets. Needs gpu_selector.',
    examples: ['1'],
    pattern: '^\\d+$',
    title: 'GPU Count',
    type: 'string',
  },
  volume_mounts: {
    description: 'Where the volumes appear in the container.',
    examples: [[{ name: 'data', mountPath: '/data' }]],
    items: mapping({ name: text, mountPath: text, subPath: text }, ['name', 'mountPath']),
    title: 'Volume Mounts',
    type: 'array',
  },
  job_labels: {
    ...texts,
    description: 'Labels of the job, taken as they are. They are stronger than `labels`.',
    title: 'Job Labels',
  },
  execution_labels: {
    ...texts,
    description: "Labels of the job's executions, taken as they are. They are stronger than `labels`.",
    title: 'Execution Labels',
  },
  parallelism: {
    description: 'How many tasks of an execution run at once.',
    minimum: 0,
    title: 'Parallelism',
    type: 'integer',
  },
  task_count: {
    description: 'How many tasks an execution has. Each of them runs the flow, so more than one is for plain commands.',
    minimum: 1,
    title: 'Task Count',
    type: 'integer',
  },
} satisfies JsonObject
