import { isJsonObject, type JsonObject } from '@aedile/core/json'
import { validateSchema } from '@aedile/core/json-schema'
import { findFailureInTime } from '../../validation/find-failure-in-time.ts'
import { checkParameterSize } from '../../validation/parameters.ts'
import { RequestInvalid } from '../validation.ts'

type Checked = { parameters?: JsonObject | null; parameter_openapi_schema?: JsonObject | null }

/**
 * Checks what a deployment's body says of its parameters. They are held against the schema only where the body itself
 * asks for that; required ones may come with the run. Source: WC 5.7.
 */
export function checkDeployment(body: Checked, sent: JsonObject): void {
  if (body.parameters) checkParameterSize(body.parameters)
  const schema = body.parameter_openapi_schema
  if (!schema || Object.keys(schema).length === 0) return
  validateSchema(schema)
  if (!body.parameters || sent.enforce_parameter_schema !== true) return
  const failure = findFailureInTime(body.parameters, schema, { ignoreRequired: true })
  if (failure) {
    throw new RequestInvalid(
      [{ type: 'value_error', loc: ['body'], msg: `Value error, ${failure.message}`, input: body, ctx: { error: {} } }],
      body,
    )
  }
}

/** The keys that a body really has: the schema fills in defaults, which must not overwrite what is stored. */
export function readSent(rawBody: unknown): JsonObject {
  if (!Buffer.isBuffer(rawBody)) return {}
  const sent: unknown = JSON.parse(rawBody.toString('utf8'))
  return isJsonObject(sent) ? sent : {}
}
