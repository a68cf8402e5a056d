/** Descriptions of what both types' variables are made of. */
export const DEFINITION_TEXTS = {
  GcpCredentials:
    "Who talks to Google Cloud: a service account, by its key file or by that file's content. With neither, the application default credentials of the worker.",
  service_account_file: "Path of a service account's key file on the worker's host.",
  service_account_info: "The content of a service account's key file.",
  project: "The Google Cloud project to work in. By default the service account's own.",
  SecretKeySelector: 'A secret of Google Secret Manager and its version, by reference: its value never passes through here.',
}

/** Descriptions of the variables that both types have. */
export const COMMON_TEXTS = {
  name: 'Name of the job, to which a suffix is added. By default the name of the flow run.',
  env: 'Variables for the container. Null removes one that the worker would set.',
  labels: 'Labels of the job and its executions, brought into the form that Google Cloud allows.',
  command: "The command that the container runs, split like a shell would. By default, what fits the flow's entrypoint.",
  region: 'The region that the job is created in.',
  credentials: 'Who creates the job. By default the application default credentials of the worker.',
  prefect_api_key_secret:
    'A secret that holds the API key. The container then gets it from there, and PREFECT_API_KEY is not written into the job.',
  prefect_api_auth_string_secret:
    'A secret that holds the authentication string of the API. The container then gets it from there, and PREFECT_API_AUTH_STRING is not written into the job.',
  vpc_connector_name: 'Name of the Serverless VPC Access connector through which the container reaches a network.',
  service_account_name:
    "The service account that the container runs as. By default the project's Compute Engine service account.",
  keep_job: 'Whether the job stays on Cloud Run after the run. Otherwise it is deleted.',
}
