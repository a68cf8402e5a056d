import { slugifyName } from './label-slugs.ts'

/** A value in a Secret that somebody made: its name, and the key in it. */
export type SecretReference = { name: string; key: string }

/** How a worker keeps secrets out of the Jobs that it creates. Small JSON: part of the facts that a request is built from. */
export type SecretSettings = {
  /** Where the API key lies already. */
  apiKeySecret: SecretReference | null
  /** Name of the worker's own Secret that the API key goes into; null: it stays in the Job. */
  createdApiKeySecret: string | null
  /** Where the auth string lies already. */
  apiAuthStringSecret: SecretReference | null
  /** Whether the whole environment goes into a Secret of the attempt. */
  storeEnvAsSecret: boolean
}

const PREFIX = 'PREFECT_INTEGRATIONS_KUBERNETES_WORKER_'
/** The name that the documents of genuine workers have for it. */
const STORE_KEY_ALIAS = 'PREFECT_KUBERNETES_WORKER_STORE_PREFECT_API_IN_SECRET'
const TRUE = ['1', 'true', 't', 'yes', 'y', 'on']

/** Reads them from a worker's environment, by the names that genuine workers know. Source: INF C.6. */
export function readSecretSettings(
  environment: Readonly<Record<string, string | undefined>>,
  workerName: string,
): SecretSettings {
  const read = (name: string) => environment[PREFIX + name] || null
  const isOn = (text: string | null | undefined) => TRUE.includes((text ?? '').toLowerCase())
  const apiKeySecretName = read('API_KEY_SECRET_NAME')
  // A name without a key changes nothing, but still stands before the worker's own Secret.
  const createsSecret = !apiKeySecretName && isOn(read('CREATE_SECRET_FOR_API_KEY') ?? environment[STORE_KEY_ALIAS])
  return {
    apiKeySecret: toReference(apiKeySecretName, read('API_KEY_SECRET_KEY')),
    createdApiKeySecret: createsSecret ? `prefect-${slugifyName(workerName)}-api-key` : null,
    apiAuthStringSecret: toReference(read('API_AUTH_STRING_SECRET_NAME'), read('API_AUTH_STRING_SECRET_KEY')),
    storeEnvAsSecret: isOn(read('STORE_ENV_AS_SECRET')),
  }
}

function toReference(name: string | null, key: string | null): SecretReference | null {
  return name && key ? { name, key } : null
}
