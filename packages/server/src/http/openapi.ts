import * as artifactFilters from '@aedile/core/filters/artifact'
import * as blockFilters from '@aedile/core/filters/block'
import * as criteria from '@aedile/core/filters/criteria'
import * as deploymentFilters from '@aedile/core/filters/deployment'
import * as flowFilters from '@aedile/core/filters/flow'
import * as flowRunFilters from '@aedile/core/filters/flow-run'
import * as logFilters from '@aedile/core/filters/log'
import * as taskRunFilters from '@aedile/core/filters/task-run'
import * as variableFilters from '@aedile/core/filters/variable'
import * as workPoolFilters from '@aedile/core/filters/work-pool'
import * as workQueueFilters from '@aedile/core/filters/work-queue'
import * as workerFilters from '@aedile/core/filters/worker'
import * as artifact from '@aedile/core/resources/artifact'
import * as block from '@aedile/core/resources/block'
import * as concurrencyLimit from '@aedile/core/resources/concurrency-limit'
import * as deployment from '@aedile/core/resources/deployment'
import * as event from '@aedile/core/resources/event'
import * as flow from '@aedile/core/resources/flow'
import * as flowRun from '@aedile/core/resources/flow-run'
import * as log from '@aedile/core/resources/log'
import { durationSeconds, timestamp, uuid } from '@aedile/core/resources/scalars'
import * as schedule from '@aedile/core/resources/schedule'
import * as state from '@aedile/core/resources/state'
import * as taskRun from '@aedile/core/resources/task-run'
import * as variable from '@aedile/core/resources/variable'
import * as workPool from '@aedile/core/resources/work-pool'
import { z } from 'zod'
import { AEDILE_VERSION } from '../version.ts'
import type { Route } from './route.ts'

const RESOURCES = [
  artifact,
  block,
  concurrencyLimit,
  deployment,
  event,
  flow,
  flowRun,
  log,
  schedule,
  state,
  taskRun,
  variable,
  workPool,
]
const FILTERS = [
  criteria,
  artifactFilters,
  blockFilters,
  deploymentFilters,
  flowFilters,
  flowRunFilters,
  logFilters,
  taskRunFilters,
  variableFilters,
  workPoolFilters,
  workQueueFilters,
  workerFilters,
]

type JsonSchema = Record<string, unknown>
type Operation = Record<string, unknown>

/** An OpenAPI 3.1 document of the given routes, made from the schemas that check them. Paths have no base path, as in genuine ones. */
export function buildOpenApi(routes: readonly Route[], basePath: string): JsonSchema {
  const schemas = new SchemaCollector()
  const paths: Record<string, Record<string, Operation>> = {}
  for (const declared of routes) {
    const path = declared.path.replace(/:(\w+)/g, '{$1}')
    paths[path] ??= {}
    paths[path][declared.method.toLowerCase()] = describeOperation(declared, path, schemas)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Aedile',
      version: AEDILE_VERSION,
      description: 'The API of an Aedile server. It speaks the Prefect 3 API.',
    },
    servers: [{ url: basePath }],
    paths,
    components: { schemas: schemas.collect() },
  }
}

function describeOperation(declared: Route, path: string, schemas: SchemaCollector): Operation {
  return {
    summary: declared.summary,
    operationId: `${declared.method.toLowerCase()}_${path.replace(/\W+/g, '_').replace(/^_|_$/g, '')}`,
    tags: [declared.resource],
    'x-aedile-resource': declared.resource,
    'x-aedile-action': declared.action,
    parameters: [...pathParameters(path, declared, schemas), ...queryParameters(declared, schemas)],
    ...(declared.body && {
      requestBody: {
        required: !accepts(declared.body, undefined),
        content: jsonContent(schemas.add(declared.body, operationName(declared, 'Body'))),
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(declared.responses).map(([status, schema]) => [
          status,
          {
            description: DESCRIPTIONS[status] ?? 'Answer',
            ...(schema && { content: jsonContent(schemas.add(schema, operationName(declared, `Answer${status}`))) }),
          },
        ]),
      ),
      ...((declared.body || declared.query) && !declared.responses[422] && { 422: { description: DESCRIPTIONS[422] } }),
    },
  }
}

const DESCRIPTIONS: Record<string, string> = {
  200: 'Success',
  201: 'Created',
  202: 'Accepted',
  204: 'Done, without a body',
  404: 'Not found',
  409: 'Conflict',
  422: 'The request breaks its schema',
}

function pathParameters(path: string, declared: Route, schemas: SchemaCollector): Operation[] {
  const shape = shapeOf(declared.params)
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: shape[name!] ? schemas.add(shape[name!]!, operationName(declared, `Path${name}`)) : { type: 'string' },
  }))
}

function queryParameters(declared: Route, schemas: SchemaCollector): Operation[] {
  return Object.entries(shapeOf(declared.query)).map(([name, schema]) => ({
    name,
    in: 'query',
    required: !accepts(schema, undefined),
    schema: schemas.add(schema, operationName(declared, `Query${name}`)),
  }))
}

function shapeOf(schema: z.ZodType | undefined): Record<string, z.ZodType> {
  return schema instanceof z.ZodObject ? (schema.shape as Record<string, z.ZodType>) : {}
}

function accepts(schema: z.ZodType, value: unknown): boolean {
  return schema.safeParse(value).success
}

function jsonContent(schema: JsonSchema): JsonSchema {
  return { 'application/json': { schema } }
}

function operationName(declared: Route, part: string): string {
  const words = `${declared.method.toLowerCase()} ${declared.path} ${part}`.split(/\W+|_/).filter(Boolean)
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

/** Collects schemas, so that each resource is written once and referred to by its name. */
class SchemaCollector {
  readonly #registry = z.registry<{ id: string }>()

  constructor() {
    for (const module of [...RESOURCES, ...FILTERS]) {
      for (const [name, schema] of Object.entries(module)) {
        if (schema instanceof z.ZodObject) this.#name(schema, name.charAt(0).toUpperCase() + name.slice(1))
      }
    }
  }

  add(schema: z.ZodType, name: string): JsonSchema {
    const scalar = toWireScalar(schema)
    if (scalar) return scalar
    const named = this.#registry.get(schema)?.id ?? this.#name(schema, name)
    return { $ref: `#/components/schemas/${named}` }
  }

  collect(): Record<string, JsonSchema> {
    const { schemas } = z.toJSONSchema(this.#registry, {
      io: 'input',
      unrepresentable: 'any',
      uri: (id) => `#/components/schemas/${id}`,
      override: ({ zodSchema, jsonSchema }) => rewriteScalar(zodSchema, jsonSchema as JsonSchema),
    })
    return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, withoutIdentity(schema as JsonSchema)]))
  }

  #name(schema: z.ZodType, wanted: string): string {
    this.#registry.add(schema, { id: wanted })
    return wanted
  }
}

/** Scalars with a reading of their own appear as what the wire carries. */
function toWireScalar(schema: unknown): JsonSchema | null {
  if (schema === uuid) return { type: 'string', format: 'uuid' }
  if (schema === timestamp) return { type: 'string', format: 'date-time' }
  return schema === durationSeconds ? { type: 'number' } : null
}

function rewriteScalar(schema: unknown, json: JsonSchema): void {
  const wire = toWireScalar(schema)
  if (!wire) return
  for (const key of Object.keys(json)) delete json[key]
  Object.assign(json, wire)
}

function withoutIdentity({ $schema: _schema, $id: _id, ...rest }: JsonSchema): JsonSchema {
  return rest
}
