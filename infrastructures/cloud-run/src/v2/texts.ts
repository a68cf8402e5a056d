import { COMMON_TEXTS } from '../definition-texts.ts'

/** Descriptions of the variables. */
export const TEXTS = {
  ...COMMON_TEXTS,
  variables: 'Variables of jobs on Cloud Run, second API.',
  image: 'The image that the container is made of.',
  args: 'Arguments of the command, one by one.',
  env_from_secrets: 'Variables whose values are secrets of Google Secret Manager, by reference.',
  cloudsql_instances:
    'Connection names of Cloud SQL instances, each project:region:instance. Their sockets appear under /cloudsql.',
  launch_stage: 'Which features of Cloud Run the job may use: those of this stage and of more stable ones.',
  max_retries: 'How often Cloud Run tries a failed task again by itself. Each try runs the flow.',
  cpu: 'CPU of the container: 1000m or 1 is one CPU.',
  memory: 'Memory of the container: a number and its unit, one of G, Gi, M and Mi.',
  timeout: 'Seconds after which Cloud Run ends a try of the job, 604800 (a week) at most.',
}
