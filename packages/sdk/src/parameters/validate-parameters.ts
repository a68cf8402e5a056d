import { AedileError } from '@aedile/core/errors'
import type { StandardIssue, StandardSchemaV1 } from './standard-schema.ts'

/** Checks parameters; returns what the schema makes of them, or throws `flow_parameters_invalid` naming every fault. */
export async function validateParameters(
  flowName: string,
  schema: StandardSchemaV1 | undefined,
  parameters: object,
): Promise<object> {
  if (!schema) return parameters
  const result = await schema['~standard'].validate(parameters)
  if (result.issues) {
    throw new AedileError('flow_parameters_invalid', { flow: flowName, detail: result.issues.map(describeIssue).join('; ') })
  }
  return result.value as object
}

function describeIssue({ path = [], message }: StandardIssue): string {
  const place = path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return place ? `${place}: ${message}` : message
}
