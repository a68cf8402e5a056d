import type { BaseJobTemplate, RunContext } from '@aedile/core/infrastructure-definition'
import type { JsonObject, JsonValue } from '@aedile/core/json'
import { type Rendering, renderJob } from '@aedile/core/rendering/render-job'
import { compileTemplate } from '@aedile/core/templates/compile'
import { kubernetesDefinition } from '../definition.ts'

/** A run of a deployment, on a worker with an API key. */
export const context = {
  flowRun: { id: '00000000-0000-0000-0000-000000000008', name: 'crazy cat', flow_id: '00000000-0000-0000-0000-000000000007' },
  flow: { id: '00000000-0000-0000-0000-000000000007', name: 'my flow' },
  deployment: null,
  workPool: null,
  worker: {
    name: 'worker 1',
    id: null,
    settings: { PREFECT_API_URL: 'http://127.0.0.1:4200/api', PREFECT_API_KEY: 'pnu_key' },
    processEnvironment: {},
    executeCommand: ['aedile-execute'],
    python: 'python3',
  },
} as unknown as RunContext

export type Given = {
  template?: BaseJobTemplate
  deployment?: JsonObject
  flowRun?: JsonObject
  context?: Partial<RunContext>
  facts?: JsonObject
}

/** Renders with the default template. */
export function render(flowRun: JsonObject = {}, given: Given = {}): Promise<Rendering> {
  return renderJob({
    definition: kubernetesDefinition,
    template: compileTemplate(given.template ?? kubernetesDefinition.defaultBaseJobTemplate),
    layers: { deployment: given.deployment ?? null, flowRun },
    context: { ...context, ...given.context },
    ...(given.facts ? { facts: given.facts } : {}),
  })
}

/** The prepared manifest. */
export async function renderManifest(flowRun: JsonObject = {}, given: Given = {}): Promise<JsonObject> {
  return (await render(flowRun, given)).configuration.job_manifest as JsonObject
}

/** What stands at a JSON pointer without escapes; undefined when there is nothing. */
export function at(value: JsonValue | undefined, pointer: string): JsonValue | undefined {
  const keys = pointer.split('/').slice(1)
  return keys.reduce<JsonValue | undefined>((found, key) => (found as JsonObject | undefined)?.[key.replaceAll('~1', '/')], value)
}

/** A copy of a template with a value at a JSON pointer; undefined removes. */
export function withAt<Value extends object>(value: Value, pointer: string, put: JsonValue | undefined): Value {
  const copy = structuredClone(value)
  const keys = pointer.split('/').slice(1)
  const last = keys.pop()!
  const parent = keys.reduce((found, key) => found[key] as JsonObject, copy as JsonObject)
  if (put === undefined) delete parent[last]
  else parent[last] = put
  return copy
}
