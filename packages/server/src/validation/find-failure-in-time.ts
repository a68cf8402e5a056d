import { type Context, createContext, Script } from 'node:vm'
import { AedileError } from '@aedile/core/errors'
import type { JsonObject, JsonValue } from '@aedile/core/json'
import { findSchemaFailure, type SchemaFailure } from '@aedile/core/json-schema'

type Options = Parameters<typeof findSchemaFailure>[2]

const MOST_MILLISECONDS = 500

/**
 * Checks a value against a schema that a client wrote, and gives up when that takes too long: to find equal items in a list
 * of 50,000 would hold the event loop, and with it all clients, for minutes.
 * @throws AedileError `schema_invalid` when the time is over.
 */
export function findFailureInTime(value: JsonValue, schema: JsonObject, options?: Options): SchemaFailure | null {
  const find = () => findSchemaFailure(value, schema, options)
  return mayTakeLong(schema) ? runInTime(find) : find()
}

/** The watch over the time costs more than most checks, and few keywords need it. */
function mayTakeLong(schema: JsonObject): boolean {
  return /"(pattern|uniqueItems)/.test(JSON.stringify(schema))
}

let watched: { context: Context; script: Script } | undefined

/**
 * A script is what Node can interrupt: this one does nothing but call us back.
 * @throws AedileError `schema_invalid` when the time is over.
 */
export function runInTime<T>(work: () => T): T {
  watched ??= { context: createContext({}), script: new Script('work()') }
  const { context, script } = watched
  context.work = work
  try {
    return script.runInContext(context, { timeout: MOST_MILLISECONDS }) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    const why = `checking a value against it took more than ${MOST_MILLISECONDS} ms; simplify it`
    throw new AedileError('schema_invalid', { why })
  } finally {
    context.work = undefined
  }
}
