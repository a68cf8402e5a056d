import type { JsonObject } from '@aedile/core/json'

/** Of resources, what a rendering reads; the same for both products. */
export const DOCUMENT: {
  flow_run: JsonObject
  flow: JsonObject
  deployment: JsonObject
  work_pool: JsonObject
  worker: JsonObject
} = {
  flow_run: {
    id: '00000000-0000-4000-8000-000000000001',
    name: 'crazy-cat',
    flow_id: '00000000-0000-4000-8000-000000000002',
    deployment_id: '00000000-0000-4000-8000-000000000003',
    job_variables: { name: 'nightly', command: 'python run.py --day 1', env: { D: '4', E: '1.5', F: 'x y' } },
  },
  flow: { id: '00000000-0000-4000-8000-000000000002', name: 'etl' },
  deployment: {
    id: '00000000-0000-4000-8000-000000000003',
    name: 'nightly',
    flow_id: '00000000-0000-4000-8000-000000000002',
    updated: '2026-01-02T03:04:05.600000Z',
    entrypoint: 'flow.py:main',
    // With those of the run twenty variables.
    job_variables: {
      image: 'registry.example/etl:7',
      namespace: 'jobs',
      service_account_name: 'runner',
      image_pull_policy: 'Always',
      backoff_limit: 2,
      finished_job_ttl: 600,
      job_watch_timeout_seconds: 3600,
      pod_watch_timeout_seconds: 120,
      stream_output: true,
      labels: { team: 'data', tier: 'batch' },
      annotations: { owner: 'data@example.com' },
      cpu_request: '500m',
      cpu_limit: '2',
      memory_request: '512Mi',
      memory_limit: '2Gi',
      'env.A': '1',
      'env.B': '2',
    },
  },
  work_pool: { id: '00000000-0000-4000-8000-000000000004', name: 'k8s', type: 'kubernetes' },
  worker: {
    id: '00000000-0000-4000-8000-000000000005',
    name: 'worker 1',
    settings: { PREFECT_API_URL: 'http://localhost:4200/api', PREFECT_LOGGING_LEVEL: 'INFO' },
  },
}
