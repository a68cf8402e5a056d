import { isAedileError } from '@aedile/core/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { findPlaceholders } from '@aedile/core/templates/placeholders'
import { RequestInvalid } from '../validation.ts'

/**
 * Checks that this is a base job template: empty, or with both its parts, every placeholder of the job declared as a
 * variable. Source: WC 5.2.
 * @throws RequestInvalid that says which part is missing or which variables are not declared.
 */
export function validateBaseJobTemplate(template: JsonObject, requestBody: unknown): void {
  if (Object.keys(template).length === 0) return
  const refuse = (message: string) =>
    new RequestInvalid(
      [
        {
          type: 'value_error',
          loc: ['body', 'base_job_template'],
          msg: `Value error, ${message}`,
          input: template,
          ctx: { error: {} },
        },
      ],
      requestBody,
    )
  const { job_configuration: job, variables } = template
  if (!isFilled(job) || !isFilled(variables)) {
    throw refuse('The `base_job_template` must contain both a `job_configuration` key and a `variables` key.')
  }
  const declared = isJsonObject(variables.properties) ? variables.properties : {}
  let missing: string[]
  try {
    missing = placeholderNames(job).filter((name) => !Object.hasOwn(declared, name))
  } catch (error) {
    if (isAedileError(error)) throw refuse(error.message)
    throw error
  }
  if (missing.length > 0) {
    throw refuse(
      `The variables specified in the job configuration template must be present as properties in the variables schema. Your job configuration uses the following undeclared variable(s): ${missing.join(' ,')}.`,
    )
  }
}

function placeholderNames(job: JsonObject): string[] {
  return [...new Set(findPlaceholders(job).flatMap(({ kind, name }) => (kind === 'standard' ? [name] : [])))]
}

function isFilled(value: JsonValue | undefined): value is JsonObject {
  return isJsonObject(value) && Object.keys(value).length > 0
}
