import type { BaseJobTemplate } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { variables } from './variables.ts'

const limits = { cpu: '{{ cpu_limit }}', memory: '{{ memory_limit }}' }
const requests = { cpu: '{{ cpu_request }}', memory: '{{ memory_request }}' }

type Additions = {
  template?: JsonObject
  podSpec?: JsonObject
  container?: JsonObject
  limits?: JsonObject
  requests?: JsonObject
}

/** The Job of the default template, with additions at its places. Keys are in the order of a genuine pool's. */
export function buildManifestTemplate(additions: Additions = {}): JsonObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      annotations: '{{ annotations }}',
      generateName: '{{ name }}-',
      labels: '{{ labels }}',
      namespace: '{{ namespace }}',
    },
    spec: {
      backoffLimit: '{{ backoff_limit }}',
      template: {
        ...additions.template,
        spec: {
          completions: 1,
          containers: [
            {
              args: '{{ command }}',
              env: '{{ env }}',
              image: '{{ image }}',
              imagePullPolicy: '{{ image_pull_policy }}',
              name: 'prefect-job',
              resources: { limits: { ...limits, ...additions.limits }, requests: { ...requests, ...additions.requests } },
              ...additions.container,
            },
          ],
          parallelism: 1,
          restartPolicy: 'Never',
          serviceAccountName: '{{ service_account_name }}',
          ...additions.podSpec,
        },
      },
      ttlSecondsAfterFinished: '{{ finished_job_ttl }}',
    },
  }
}

/** The fields of a job, around its manifest. */
export function buildConfigurationTemplate(manifest: JsonObject): JsonObject {
  return {
    command: '{{ command }}',
    env: '{{ env }}',
    labels: '{{ labels }}',
    name: '{{ name }}',
    annotations: '{{ annotations }}',
    namespace: '{{ namespace }}',
    job_manifest: manifest,
    cluster_config: '{{ cluster_config }}',
    job_watch_timeout_seconds: '{{ job_watch_timeout_seconds }}',
    pod_watch_timeout_seconds: '{{ pod_watch_timeout_seconds }}',
    stream_output: '{{ stream_output }}',
  }
}

/** Equals the one of prefect-kubernetes 0.8.0, but for the descriptions. */
export const defaultBaseJobTemplate: BaseJobTemplate = {
  job_configuration: buildConfigurationTemplate(buildManifestTemplate()),
  variables,
}
