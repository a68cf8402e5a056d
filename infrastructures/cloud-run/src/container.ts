import { AedileError } from '@aedile/core/errors'
import type { CommandContext, Job, RunContext } from '@aedile/core/infrastructure-definition'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { splitShellWords } from '@aedile/core/shell-words'
import { DEFAULT_IMAGE } from '@aedile/core/templates/default-image'
import { joinPointer } from '@aedile/core/templates/placeholders'
import { FLOW_RUN_COMMAND, flowRunCommand, prepareBase } from '@aedile/core/templates/prepare'
import { describeWrongKind } from './fields.ts'
import type { FollowingTrace } from './following-trace.ts'

/** An entry of a container's environment; one that refers to a secret has no value. */
export type EnvironmentEntry = { name: string; value?: string; [reference: string]: JsonValue | undefined }

/** Plain entries of a job's environment, without some names; where they land is told. */
export function toEntries(env: Job['env'], without: ReadonlySet<string>): EnvironmentEntry[] {
  return Object.entries(env).flatMap(([name, value]) => (without.has(name) ? [] : [{ name, value: value! }]))
}

/** Tells that plain entries come from the job's environment. */
export function traceEntries(entries: EnvironmentEntry[], at: string, firstIndex: number, trace?: FollowingTrace): void {
  for (const [index, { name, value }] of entries.entries()) {
    if (value === undefined) continue
    const entry = joinPointer(at, firstIndex + index)
    trace?.copied(`${entry}/name`, joinPointer('/env', name))
    trace?.copied(`${entry}/value`, joinPointer('/env', name))
  }
}

/** The base fields: as a run brings them, or as a script gave them. */
export function prepareFields(job: Job, context: RunContext | CommandContext, trace?: FollowingTrace): Job {
  if (!('command' in context)) return prepareBase(job, context, FLOW_RUN_COMMAND, trace)
  const env = Object.fromEntries(Object.entries(job.env).filter(([, value]) => value !== null))
  return { ...job, env }
}

/** Command, arguments and image of a container, `at` being its place in the job. Texts become lists of words. */
export function completeContainer(
  container: JsonObject,
  at: string,
  job: Job,
  context: RunContext | CommandContext,
  trace?: FollowingTrace,
): void {
  const { command = null, args } = container
  if (command === null) {
    const isScript = 'command' in context
    container.command = splitShellWords(isScript ? (job.command ?? '') : flowRunCommand(context, FLOW_RUN_COMMAND))
    if (isScript) trace?.copied(`${at}/command`, '/command')
    else trace?.added(`${at}/command`, 'type', '/command')
  } else if (typeof command === 'string') splitField(container, 'command', command, at, trace)
  if (typeof args === 'string') splitField(container, 'args', args, at, trace)
  if (!Object.hasOwn(container, 'image')) {
    container.image = `docker.io/${DEFAULT_IMAGE}`
    trace?.added(`${at}/image`, 'type', '/image')
  }
}

/** Each word comes from where the text came from. */
function splitField(container: JsonObject, field: string, text: string, at: string, trace?: FollowingTrace): void {
  const words = splitShellWords(text)
  container[field] = words
  for (const index of words.keys()) trace?.copied(`${at}/${field}/${index}`, `${at}/${field}`)
}

/** The mapping at a key, made when it is missing. */
export function ensureMapping(parent: JsonObject, key: string, at: string): JsonObject {
  if (!Object.hasOwn(parent, key)) parent[key] = {}
  const value = parent[key]
  if (isJsonObject(value)) return value
  throw illShaped(joinPointer(at, key), 'a mapping', value)
}

/** The list at a key, made when it is missing. */
export function ensureList(parent: JsonObject, key: string, at: string): JsonValue[] {
  if (!Object.hasOwn(parent, key)) parent[key] = []
  const value = parent[key]
  if (Array.isArray(value)) return value
  throw illShaped(joinPointer(at, key), 'a list', value)
}

/** An error that names a place in the job and what was expected there. */
export function illShaped(pointer: string, expected: string, found: JsonValue | undefined): AedileError {
  const why = describeWrongKind(expected, found)
  return new AedileError('template_invalid', { pointer, pointers: [pointer], why })
}
