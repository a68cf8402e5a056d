import type { BaseJobTemplate, InfrastructureDefinition, RunContext } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { type RenderInput, type Rendering, renderJob } from '@aedile/core/rendering/render-job'
import { compileTemplate } from '@aedile/core/templates/compile'

/** A run as the API gives it, as far as rendering reads it. */
export const context = {
  flowRun: { id: '00000000-0000-0000-0000-000000000008', name: 'Crazy Cat.1', flow_id: '00000000-0000-0000-0000-000000000007' },
  flow: { id: '00000000-0000-0000-0000-000000000007', name: 'cats' },
  deployment: null,
  workPool: null,
  worker: {
    name: 'worker-1',
    id: null,
    settings: { PREFECT_API_URL: 'https://api.example.com' },
    processEnvironment: {},
    executeCommand: ['aedile-execute'],
    python: 'python3',
  },
} as unknown as RunContext

type Options = Partial<Omit<RenderInput, 'definition' | 'template' | 'layers'>> & { template?: BaseJobTemplate }

/** Renders one run of a type with these job variables. */
export function render(
  definition: InfrastructureDefinition,
  variables: JsonObject = {},
  { template = definition.defaultBaseJobTemplate, ...more }: Options = {},
): Promise<Rendering> {
  return renderJob({ definition, template: compileTemplate(template), layers: { flowRun: variables }, context, ...more })
}

/** The body of the job that would be created. */
export function bodyOf({ configuration }: Rendering): JsonObject {
  return configuration.job_body as JsonObject
}

/** The value at a JSON pointer; undefined where there is none. */
export function at(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((found, key) => (found as Record<string, unknown> | undefined)?.[key], value)
}

/** A copy of a template with another value at a JSON pointer of its job configuration; undefined takes it away. */
export function withField(template: BaseJobTemplate, pointer: string, value: unknown): BaseJobTemplate {
  const copy = structuredClone(template)
  const cut = pointer.lastIndexOf('/')
  const parent = at(copy.job_configuration, pointer.slice(0, cut)) as Record<string, unknown>
  const key = pointer.slice(cut + 1).replaceAll('~1', '/')
  if (value === undefined) delete parent[key]
  else parent[key] = value
  return copy
}
