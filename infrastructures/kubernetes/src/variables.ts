import type { JsonObject } from '@aedile/core/json'

const nullable = (type: string): JsonObject => ({ anyOf: [{ type }, { type: 'null' }], default: null })
const nullableString = (): JsonObject => ({ anyOf: [{ type: 'string' }, { type: 'null' }] })

/** Properties of the variables. Titles, types, defaults and order are those of a genuine pool (INF C.1). */
const properties: JsonObject = {
  name: {
    ...nullable('string'),
    description: 'Name that the Job begins with. By default, the name of the flow run.',
    title: 'Name',
  },
  env: {
    additionalProperties: nullableString(),
    description: 'Variables of the container. Null removes one that the worker would set.',
    title: 'Environment Variables',
    type: 'object',
  },
  labels: {
    additionalProperties: { type: 'string' },
    description: 'Labels of the Job and of its pod, beside those that name the run.',
    title: 'Labels',
    type: 'object',
  },
  command: {
    ...nullable('string'),
    description: "The command to run, split like a shell would; it becomes the container's args. By default, what runs the flow.",
    title: 'Command',
  },
  annotations: {
    additionalProperties: { type: 'string' },
    description: 'Annotations of the Job and of its pod.',
    title: 'Annotations',
    type: 'object',
  },
  namespace: {
    default: 'default',
    description: 'Namespace that the Job is created in.',
    title: 'Namespace',
    type: 'string',
  },
  image: {
    ...nullable('string'),
    description: 'Container image of the run. By default, the Prefect image of the version that the worker speaks.',
    examples: ['docker.io/prefecthq/prefect:3-latest'],
    title: 'Image',
  },
  service_account_name: {
    ...nullable('string'),
    description: "Service account that the pod runs as. By default, the namespace's own.",
    title: 'Service Account Name',
  },
  image_pull_policy: {
    default: 'IfNotPresent',
    description: 'When the node fetches the image.',
    enum: ['IfNotPresent', 'Always', 'Never'],
    title: 'Image Pull Policy',
    type: 'string',
  },
  backoff_limit: {
    default: 0,
    description:
      'How often Kubernetes starts a failed pod again. With 0, a run whose pod is evicted is scheduled again as a new Job; with more, Kubernetes alone repeats it.',
    minimum: 0,
    title: 'Backoff Limit',
    type: 'integer',
  },
  finished_job_ttl: {
    ...nullable('integer'),
    description: 'Seconds after which Kubernetes removes the finished Job. Without it, the Job stays.',
    title: 'Finished Job TTL',
  },
  job_watch_timeout_seconds: {
    ...nullable('integer'),
    description: 'Seconds after which a Job that has not ended is given up. Without it, there is no limit.',
    title: 'Job Watch Timeout Seconds',
  },
  pod_watch_timeout_seconds: {
    default: 60,
    description: 'Seconds after which a pod that has not started is given up.',
    title: 'Pod Watch Timeout Seconds',
    type: 'integer',
  },
  stream_output: {
    default: true,
    description: "Whether the container's output goes to the run's logs.",
    title: 'Stream Output',
    type: 'boolean',
  },
  cluster_config: {
    anyOf: [{ $ref: '#/definitions/KubernetesClusterConfig' }, { type: 'null' }],
    default: null,
    description: 'The cluster to run on, as a block. By default, the cluster that the worker runs in, else its kubeconfig.',
  },
  cpu_request: { ...nullable('string'), description: 'CPU set aside for the container, e.g. 500m or 2.', title: 'CPU Request' },
  cpu_limit: {
    ...nullable('string'),
    description: 'CPU that the container may use at most, e.g. 500m or 2.',
    title: 'CPU Limit',
  },
  memory_request: {
    ...nullable('string'),
    description: 'Memory set aside for the container, e.g. 128Mi or 1Gi.',
    title: 'Memory Request',
  },
  memory_limit: {
    ...nullable('string'),
    description: 'Memory at which the container is killed, e.g. 128Mi or 1Gi.',
    title: 'Memory Limit',
  },
}

const definitions: JsonObject = {
  KubernetesClusterConfig: {
    block_schema_references: {},
    block_type_slug: 'kubernetes-cluster-config',
    description: 'A kubeconfig and the context to use of it.',
    properties: {
      config: { additionalProperties: true, description: 'The whole kubeconfig.', title: 'Config', type: 'object' },
      context_name: { description: 'Name of the context.', title: 'Context Name', type: 'string' },
    },
    required: ['config', 'context_name'],
    secret_fields: [],
    title: 'KubernetesClusterConfig',
    type: 'object',
  },
}

/** JSON Schema of the variables of a Kubernetes pool. */
export const variables: JsonObject = {
  description: 'What a deployment or a run may set of its Job.',
  properties,
  type: 'object',
  definitions,
}
