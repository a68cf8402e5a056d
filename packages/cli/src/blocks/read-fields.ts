import { isJsonObject, type JsonObject } from '@aedile/core/json'
import { type BlockConstructor, checkField, loadBlock, toBlock } from '@aedile/worker/classes/block'
import { toAttributeName } from '@aedile/worker/classes/stored-block'
import type { CliContext } from '../cli-context.ts'
import { CliFailure, EXIT_CODES } from '../failure.ts'
import { parseAssignments } from '../options/parse-assignments.ts'
import { readJsonFile } from '../options/read-json-file.ts'

/** Options by which fields of a block are given. */
export type FieldOptions = { file?: string; set?: string[] }

/** The fields of a file, and over them those of `--set`. */
export function readFields({ file, set }: FieldOptions): JsonObject {
  return { ...(file === undefined ? {} : readJsonFile(file, 'file of fields')), ...parseAssignments('--set', set) }
}

/**
 * The attributes of stored fields. A text in the place of a nested block is the name of a saved one.
 * @throws CliFailure for a field that the class does not have.
 */
export async function toAttributes(
  { client }: CliContext,
  { blockClass, nestedClasses }: BlockConstructor,
  fields: JsonObject,
): Promise<Record<string, unknown>> {
  const known = [...Object.keys(blockClass.properties), ...Object.keys(blockClass.nested)]
  const attributes: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(fields)) {
    if (!known.includes(field)) {
      const message = `${blockClass.title} has no field ${field}. Its fields: ${known.join(', ')}.`
      throw new CliFailure(message, EXIT_CODES.usage.code)
    }
    const nested = nestedClasses[field]
    if (!nested && value !== null) checkField(blockClass, field, value)
    if (!nested || value === null) attributes[toAttributeName(field)] = value
    else if (isJsonObject(value)) attributes[toAttributeName(field)] = toBlock(nested, { data: value, nested: {} })
    else attributes[toAttributeName(field)] = await loadBlock(nested, String(value), { client })
  }
  return attributes
}
