import type { BaseJobTemplate } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { extendedVariables, nfs, parts, volumeKinds } from '../extended-variables.ts'
import { defaultBaseJobTemplate, variables } from './template.ts'

const { text, flag, fileMode, mapping } = parts
const texts = { type: 'object', additionalProperties: text }

const volumes = volumeKinds({
  gcs: mapping({ bucket: text, readOnly: flag, mountOptions: { type: 'array', items: text } }, ['bucket']),
  nfs,
  secret: mapping(
    {
      secret: text,
      items: { type: 'array', items: mapping({ path: text, version: text, mode: fileMode }, ['path']) },
      defaultMode: fileMode,
    },
    ['secret'],
  ),
  emptyDir: mapping({ medium: { const: 'MEMORY' }, sizeLimit: text }, []),
  cloudSqlInstance: mapping({ instances: { type: 'array', items: text } }, ['instances']),
})

const added: JsonObject = {
  gpu_selector: {
    ...mapping({ accelerator: { type: 'string', examples: ['nvidia-l4'] } }, ['accelerator']),
    description: 'The kind of GPU. Needs gpu_count.',
    examples: [{ accelerator: 'nvidia-l4' }],
    title: 'GPU Selector',
  },
  gpu_count: extendedVariables.gpu_count,
  gpu_zonal_redundancy_disabled: {
    description: 'True takes GPUs without zonal redundancy, which are cheaper and for which more quota is granted.',
    title: 'GPU Zonal Redundancy Disabled',
    type: 'boolean',
  },
  volumes: {
    description: 'Volumes: Cloud Storage (gcs), NFS, secrets and memory, as the second API spells them.',
    examples: [
      [{ name: 'data', gcs: { bucket: 'my-bucket' } }],
      [{ name: 'files', nfs: { server: '10.0.0.2', path: '/exports' } }],
      [{ name: 'keys', secret: { secret: 'my-secret', items: [{ version: 'latest', path: 'key' }] } }],
    ],
    items: { anyOf: volumes },
    title: 'Volumes',
    type: 'array',
  },
  volume_mounts: extendedVariables.volume_mounts,
  network_interfaces: {
    description: 'Direct VPC egress: network, subnetwork and tags.',
    examples: [[{ network: 'default', subnetwork: 'default', tags: ['flows'] }]],
    items: mapping({ network: text, subnetwork: text, tags: { type: 'array', items: text } }, []),
    title: 'Network Interfaces',
    type: 'array',
  },
  vpc_egress: {
    description: 'Which traffic goes through the network or the connector.',
    enum: ['PRIVATE_RANGES_ONLY', 'ALL_TRAFFIC'],
    title: 'VPC Egress',
    type: 'string',
  },
  annotations: { ...texts, description: 'Annotations of the job.', title: 'Annotations' },
  execution_annotations: { ...texts, description: "Annotations of the job's executions.", title: 'Execution Annotations' },
  job_labels: extendedVariables.job_labels,
  execution_labels: extendedVariables.execution_labels,
  parallelism: extendedVariables.parallelism,
  task_count: extendedVariables.task_count,
}

const jobBody: JsonObject = {
  annotations: '{{ annotations }}',
  client: 'prefect',
  labels: '{{ job_labels }}',
  launchStage: '{{ launch_stage }}',
  template: {
    annotations: '{{ execution_annotations }}',
    labels: '{{ execution_labels }}',
    parallelism: '{{ parallelism }}',
    taskCount: '{{ task_count }}',
    template: {
      containers: [
        {
          args: '{{ args }}',
          command: '{{ command }}',
          env: [],
          image: '{{ image }}',
          resources: { limits: { cpu: '{{ cpu }}', memory: '{{ memory }}', 'nvidia.com/gpu': '{{ gpu_count }}' } },
          volumeMounts: '{{ volume_mounts }}',
        },
      ],
      gpuZonalRedundancyDisabled: '{{ gpu_zonal_redundancy_disabled }}',
      maxRetries: '{{ max_retries }}',
      nodeSelector: '{{ gpu_selector }}',
      serviceAccount: '{{ service_account_name }}',
      timeout: '{{ timeout }}',
      volumes: '{{ volumes }}',
      vpcAccess: {
        connector: '{{ vpc_connector_name }}',
        egress: '{{ vpc_egress }}',
        networkInterfaces: '{{ network_interfaces }}',
      },
    },
  },
}

/** The default template and what users ask for. A whole mapping or list is one variable, so that unset it leaves no empty parent. */
export const extendedBaseJobTemplate: BaseJobTemplate = {
  job_configuration: { ...defaultBaseJobTemplate.job_configuration, job_body: jobBody },
  variables: { ...variables, properties: { ...(variables.properties as JsonObject), ...added } },
}
