import { readFileSync } from 'node:fs'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { parseJsonKeepingNumbers, type TemplateValue } from '@aedile/core/python-text'
import { renderDocument } from '@aedile/core/rendering/render-document'
import { kubernetesDefinition } from '@aedile/kubernetes/definition'
import { readSecretSettings } from '@aedile/kubernetes/worker-settings'
import { describe, expect, test } from 'vitest'

type Result = {
  id: string
  document: JsonObject & { worker: { name: string | null; process_environment: Record<string, string> } }
  configuration: { job_manifest: JsonObject }
  request: { namespace: string; job?: JsonObject; secrets: JsonObject[] }
}

// Made by make-results.py, which lets a genuine worker create the Job in a cluster that only listens.
const lines = readFileSync(new URL('results/kubernetes.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
const results = lines
  .map((line) => ({ line, result: JSON.parse(line) as Result }))
  .filter(({ result }) => result.request !== undefined)

/** What stands for the random end of a Secret's name. */
const SUFFIX = '<suffix>'

describe('what is sent to Kubernetes equals what a genuine worker sends, without our additions', () => {
  test.each(results.map(({ line, result }) => [result.id, result, line] as const))(
    '%s',
    async (_, { document, configuration, request }, line) => {
      const { name, process_environment: environment } = document.worker
      const { document: given } = parseJsonKeepingNumbers(line) as { document: { [key: string]: TemplateValue } }
      const secrets = readSecretSettings(environment, name ?? 'nameless')
      const answer = await renderDocument({ ...given, facts: { secrets } }, async () => kubernetesDefinition)
      if (!('request' in answer)) throw new Error(answer.error.message)
      const sent = JSON.parse(JSON.stringify(answer.request).replaceAll('<attempt>', SUFFIX)) as Result['request']
      const expected = { ...request, job: request.job ?? configuration.job_manifest }
      expect(withoutAdditions(sent)).toEqual({ ...expected, job: withoutName(expected.job) })
    },
  )

  test('some of them have Secrets', () => {
    expect(results.filter(({ result: { request } }) => request.secrets.length > 0).length).toBeGreaterThan(4)
  })
})

function withoutAdditions({ namespace, job, secrets }: Result['request']): JsonObject {
  return { namespace, job: withoutName(withoutMarks(job!) as JsonObject), secrets: secrets.map(withoutMarks) }
}

/** The Job's name is ours in place of `generateName`; a Secret's is the genuine one. */
function withoutName(job: JsonObject): JsonObject {
  const { name: _name, generateName: _generateName, ...metadata } = job.metadata as JsonObject
  return { ...job, metadata }
}

/** Without our labels, our annotation and our variables, wherever they stand. */
function withoutMarks(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.filter((item) => !isJsonObject(item) || !isOurs(item.name)).map(withoutMarks)
  if (!isJsonObject(value)) return value
  const kept = Object.entries(value).filter(([key]) => !key.startsWith('aedile.io/') && !isOurs(key))
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutMarks(item)]))
}

function isOurs(name: JsonValue | undefined): boolean {
  return name === 'AEDILE_ATTEMPT' || name === 'PREFECT_CLIENT_CUSTOM_HEADERS'
}
