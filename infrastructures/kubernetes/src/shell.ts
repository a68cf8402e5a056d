import type { JsonObject } from '@aedile/core/json'
import { quoteShellWord } from '@aedile/core/shell-words'
import type { KubernetesRequest } from './request.ts'

const CURL = 'curl --fail-with-body --silent --show-error --header "Authorization: Bearer $TOKEN"'

/** Shell lines that send a request: $KUBERNETES_API is the cluster's address, $TOKEN a token that may create these. */
export function toShell({ namespace, secrets, job }: KubernetesRequest): string[] {
  return [...secrets.map((secret) => applySecret(namespace, secret)), createJob(namespace, job)]
}

/** Applied, not created: the worker's own Secret may be there already. */
function applySecret(namespace: string, secret: JsonObject): string {
  const { name } = secret.metadata as JsonObject
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(String(name))}`
  return send('PATCH', `${path}?fieldManager=aedile&force=true`, 'application/apply-patch+yaml', secret)
}

function createJob(namespace: string, job: JsonObject): string {
  return send('POST', `/apis/batch/v1/namespaces/${encodeURIComponent(namespace)}/jobs`, 'application/json', job)
}

function send(method: string, path: string, type: string, body: JsonObject): string {
  const url = `"$KUBERNETES_API"${quoteShellWord(path)}`
  return `${CURL} --header 'Content-Type: ${type}' --request ${method} ${url} --data-binary ${quoteShellWord(JSON.stringify(body))}`
}
