import { readFileSync } from 'node:fs'
import { isJsonObject, type JsonObject } from '@aedile/core/json'
import { parseJsonKeepingNumbers } from '@aedile/core/python-text'
import { CliFailure, EXIT_CODES } from '../failure.ts'

/** Reads a JSON object from a file, its numbers as they are written (`1.0`). `what` names it in the error. */
export function readJsonFile(path: string, what: string): JsonObject {
  let value: unknown
  try {
    value = parseJsonKeepingNumbers(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new CliFailure(`${path} is no ${what}: ${(error as Error).message}`, EXIT_CODES.usage.code)
  }
  if (!isJsonObject(value)) throw new CliFailure(`${path} is no ${what}: expected a JSON object.`, EXIT_CODES.usage.code)
  return value
}
