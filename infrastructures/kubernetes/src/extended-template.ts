import type { BaseJobTemplate } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { buildConfigurationTemplate, buildManifestTemplate } from './templates.ts'
import { variables } from './variables.ts'

const orNull = (schema: JsonObject): JsonObject => ({ anyOf: [schema, { type: 'null' }], default: null })
const texts: JsonObject = { type: 'object', additionalProperties: { type: 'string' } }
const list = (required: string[], properties: JsonObject): JsonObject => ({
  type: 'array',
  items: { type: 'object', properties, ...(required.length > 0 ? { required } : {}) },
})

/** What users ask for beyond the default template. Each is absent from the Job until it is set. */
const added: JsonObject = {
  node_selector: {
    ...orNull(texts),
    description: 'Labels that a node must have for the pod to run there.',
    examples: [{ 'cloud.google.com/gke-nodepool': 'flows' }],
    title: 'Node Selector',
  },
  tolerations: {
    ...orNull(
      list([], {
        key: { type: 'string' },
        operator: { type: 'string', enum: ['Exists', 'Equal'] },
        value: { type: 'string' },
        effect: { type: 'string', enum: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] },
        tolerationSeconds: { type: 'integer' },
      }),
    ),
    description: 'Taints of nodes that the pod puts up with.',
    examples: [[{ key: 'dedicated', operator: 'Equal', value: 'flows', effect: 'NoSchedule' }]],
    title: 'Tolerations',
  },
  affinity: {
    ...orNull({
      type: 'object',
      properties: { nodeAffinity: { type: 'object' }, podAffinity: { type: 'object' }, podAntiAffinity: { type: 'object' } },
    }),
    description: 'Rules for the choice of a node, as Kubernetes writes them.',
    title: 'Affinity',
  },
  priority_class_name: { ...orNull({ type: 'string' }), description: 'Priority class of the pod.', title: 'Priority Class Name' },
  pod_security_context: {
    ...orNull({
      type: 'object',
      properties: {
        runAsUser: { type: 'integer' },
        runAsGroup: { type: 'integer' },
        runAsNonRoot: { type: 'boolean' },
        fsGroup: { type: 'integer' },
      },
    }),
    description: 'Rights of the whole pod.',
    examples: [{ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 }],
    title: 'Pod Security Context',
  },
  container_security_context: {
    ...orNull({
      type: 'object',
      properties: {
        allowPrivilegeEscalation: { type: 'boolean' },
        readOnlyRootFilesystem: { type: 'boolean' },
        privileged: { type: 'boolean' },
        capabilities: { type: 'object' },
      },
    }),
    description: "Rights of the run's container.",
    examples: [{ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }],
    title: 'Container Security Context',
  },
  volumes: {
    ...orNull(list(['name'], { name: { type: 'string' } })),
    description: 'Volumes of the pod, as Kubernetes writes them: a claim, a secret, NFS, memory.',
    examples: [[{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]],
    title: 'Volumes',
  },
  volume_mounts: {
    ...orNull(
      list(['name', 'mountPath'], {
        name: { type: 'string' },
        mountPath: { type: 'string' },
        subPath: { type: 'string' },
        readOnly: { type: 'boolean' },
      }),
    ),
    description: "Where the run's container sees these volumes.",
    examples: [[{ name: 'data', mountPath: '/data', readOnly: true }]],
    title: 'Volume Mounts',
  },
  pod_labels: { ...orNull(texts), description: 'Labels of the pod alone.', title: 'Pod Labels' },
  pod_annotations: { ...orNull(texts), description: 'Annotations of the pod alone.', title: 'Pod Annotations' },
  image_pull_secrets: {
    ...orNull(list(['name'], { name: { type: 'string' } })),
    description: 'Secrets with the credentials of image registries.',
    examples: [[{ name: 'registry' }]],
    title: 'Image Pull Secrets',
  },
  nvidia_gpus: {
    ...orNull({ type: 'integer', minimum: 1 }),
    description: 'NVIDIA GPUs of the container, as a limit of nvidia.com/gpu.',
    title: 'NVIDIA GPUs',
  },
  amd_gpus: {
    ...orNull({ type: 'integer', minimum: 1 }),
    description: 'AMD GPUs of the container, as a limit of amd.com/gpu.',
    title: 'AMD GPUs',
  },
  ephemeral_storage_request: {
    ...orNull({ type: 'string' }),
    description: 'Local disk set aside for the container, e.g. 2Gi.',
    title: 'Ephemeral Storage Request',
  },
  ephemeral_storage_limit: {
    ...orNull({ type: 'string' }),
    description: 'Local disk beyond which the pod is evicted, e.g. 4Gi.',
    title: 'Ephemeral Storage Limit',
  },
}

/**
 * A key whose placeholder has no value is dropped, a mapping around it is not. So every new mapping or list is one
 * placeholder as a whole; single keys are only added to mappings that the default template has anyway.
 */
const manifest = buildManifestTemplate({
  // The pod's metadata is filled with labels in any case.
  template: { metadata: { annotations: '{{ pod_annotations }}', labels: '{{ pod_labels }}' } },
  podSpec: {
    affinity: '{{ affinity }}',
    imagePullSecrets: '{{ image_pull_secrets }}',
    nodeSelector: '{{ node_selector }}',
    priorityClassName: '{{ priority_class_name }}',
    securityContext: '{{ pod_security_context }}',
    tolerations: '{{ tolerations }}',
    volumes: '{{ volumes }}',
  },
  container: { securityContext: '{{ container_security_context }}', volumeMounts: '{{ volume_mounts }}' },
  limits: {
    'ephemeral-storage': '{{ ephemeral_storage_limit }}',
    'nvidia.com/gpu': '{{ nvidia_gpus }}',
    'amd.com/gpu': '{{ amd_gpus }}',
  },
  requests: { 'ephemeral-storage': '{{ ephemeral_storage_request }}' },
})

/** The default template plus variables that users ask for. */
export const extendedBaseJobTemplate: BaseJobTemplate = {
  job_configuration: buildConfigurationTemplate(manifest),
  variables: { ...variables, properties: { ...(variables.properties as JsonObject), ...added } },
}
