import type { BaseJobTemplate } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { extendedVariables, nfs, parts, volumeKinds } from '../extended-variables.ts'
import { defaultBaseJobTemplate, variables } from './template.ts'

const { text, flag, fileMode, mapping } = parts
const LAUNCH_STAGE = 'run.googleapis.com/launch-stage'
const ACCELERATOR = 'run.googleapis.com/accelerator'

const volumes = volumeKinds({
  csi: mapping(
    {
      driver: { const: 'gcsfuse.run.googleapis.com' },
      readOnly: flag,
      volumeAttributes: mapping({ bucketName: text, mountOptions: text }, ['bucketName']),
    },
    ['driver', 'volumeAttributes'],
  ),
  nfs,
  secret: mapping(
    {
      secretName: text,
      items: { type: 'array', items: mapping({ key: text, path: text, mode: fileMode }, ['key', 'path']) },
      defaultMode: fileMode,
    },
    ['secretName'],
  ),
  emptyDir: mapping({ medium: { const: 'Memory' }, sizeLimit: text }, []),
})

const added: JsonObject = {
  gpu_selector: {
    ...mapping({ [ACCELERATOR]: { type: 'string', examples: ['nvidia-l4'] } }, [ACCELERATOR]),
    description: 'The kind of GPU. Needs gpu_count.',
    examples: [{ [ACCELERATOR]: 'nvidia-l4' }],
    title: 'GPU Selector',
  },
  gpu_count: extendedVariables.gpu_count,
  gpu_zonal_redundancy_disabled: {
    description: "Text 'true' takes GPUs without zonal redundancy, which are cheaper and for which more quota is granted.",
    enum: ['true', 'false'],
    title: 'GPU Zonal Redundancy Disabled',
    type: 'string',
  },
  volumes: {
    description: 'Volumes: Cloud Storage (csi), NFS, secrets and memory, as the first API spells them.',
    examples: [
      [{ name: 'data', csi: { driver: 'gcsfuse.run.googleapis.com', volumeAttributes: { bucketName: 'my-bucket' } } }],
      [{ name: 'files', nfs: { server: '10.0.0.2', path: '/exports' } }],
      [{ name: 'keys', secret: { secretName: 'my-secret', items: [{ key: 'latest', path: 'key' }] } }],
    ],
    items: { anyOf: volumes },
    title: 'Volumes',
    type: 'array',
  },
  volume_mounts: extendedVariables.volume_mounts,
  network_interfaces: {
    description: 'Direct VPC egress: network, subnetwork and tags, as JSON in a text.',
    examples: ['[{"network":"default","subnetwork":"default"}]'],
    title: 'Network Interfaces',
    type: 'string',
  },
  vpc_egress: {
    description: 'Which traffic goes through the network or the connector.',
    enum: ['private-ranges-only', 'all-traffic'],
    title: 'VPC Egress',
    type: 'string',
  },
  cloudsql_instances: {
    description: 'Connection names of Cloud SQL instances, separated by commas. Their sockets appear under /cloudsql.',
    examples: ['project:region:instance-id'],
    title: 'Cloud SQL Instances',
    type: 'string',
  },
  annotations: {
    ...mapping({ [LAUNCH_STAGE]: { const: 'BETA' } }, [LAUNCH_STAGE]),
    additionalProperties: text,
    default: { [LAUNCH_STAGE]: 'BETA' },
    description: 'Annotations of the job, the launch stage among them: the first API needs it.',
    title: 'Annotations',
  },
  job_labels: extendedVariables.job_labels,
  execution_labels: extendedVariables.execution_labels,
  parallelism: extendedVariables.parallelism,
  task_count: extendedVariables.task_count,
  max_retries: {
    description: 'How often Cloud Run tries a failed task again by itself: three times when unset. Each try runs the flow.',
    minimum: 0,
    title: 'Max Retries',
    type: 'integer',
  },
}

const limits = { cpu: '{{ cpu }}', memory: '{{ memory }}' }

const jobBody: JsonObject = {
  apiVersion: 'run.googleapis.com/v1',
  kind: 'Job',
  metadata: { annotations: '{{ annotations }}', labels: '{{ job_labels }}', name: '{{ name }}' },
  spec: {
    template: {
      metadata: {
        annotations: {
          'run.googleapis.com/vpc-access-connector': '{{ vpc_connector_name }}',
          'run.googleapis.com/network-interfaces': '{{ network_interfaces }}',
          'run.googleapis.com/vpc-access-egress': '{{ vpc_egress }}',
          'run.googleapis.com/cloudsql-instances': '{{ cloudsql_instances }}',
          'run.googleapis.com/gpu-zonal-redundancy-disabled': '{{ gpu_zonal_redundancy_disabled }}',
        },
        labels: '{{ execution_labels }}',
      },
      spec: {
        parallelism: '{{ parallelism }}',
        taskCount: '{{ task_count }}',
        template: {
          spec: {
            containers: [
              {
                command: '{{ command }}',
                image: '{{ image }}',
                resources: { limits: { ...limits, 'nvidia.com/gpu': '{{ gpu_count }}' }, requests: limits },
                volumeMounts: '{{ volume_mounts }}',
              },
            ],
            maxRetries: '{{ max_retries }}',
            nodeSelector: '{{ gpu_selector }}',
            serviceAccountName: '{{ service_account_name }}',
            timeoutSeconds: '{{ timeout }}',
            volumes: '{{ volumes }}',
          },
        },
      },
    },
  },
}

/** The default template and what users ask for. A whole mapping or list is one variable, so that unset it leaves no empty parent. */
export const extendedBaseJobTemplate: BaseJobTemplate = {
  job_configuration: { ...defaultBaseJobTemplate.job_configuration, job_body: jobBody },
  variables: { ...variables, properties: { ...(variables.properties as JsonObject), ...added } },
}
