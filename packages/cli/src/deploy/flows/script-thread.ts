/**
 * Runs in a thread of its own: loads files with flows in TypeScript or JavaScript and tells what they are. What a file
 * leaves open, and what it was before it was changed, ends with the thread.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { type AedileError, isAedileError } from '@aedile/core/errors'
import { loadFlow } from '@aedile/sdk/execute/load-flow'
import { FLOW } from '@aedile/sdk/flow'
import { buildParameterSchema } from '@aedile/sdk/parameters/parameter-schema'
import type { FlowFacts } from './flow-facts.ts'

/** What the thread is asked: the flow of an entrypoint, or all flows that a file exports. */
export type ScriptQuestion = { aedile: 'read-flows'; folder: string; entrypoint: string } | FileQuestion
type FileQuestion = { aedile: 'read-flows'; folder: string; file: string }

/** A flow as its file has it. `madeIn` tells an export from a re-export. */
export type ScriptFlow = FlowFacts & { entrypoint: string; madeIn: string | null }

/** What it answers. Errors cross the border as data. */
export type ScriptAnswer =
  | { flows: ScriptFlow[] }
  | { error: { code: AedileError['code'] | null; details: Record<string, unknown>; message: string } }

async function readFlow(entrypoint: string, folder: string): Promise<ScriptFlow> {
  const { definition } = (await loadFlow(entrypoint, folder))[FLOW]
  return {
    name: definition.name,
    entrypoint,
    description: definition.options.description ?? null,
    version: definition.options.version ?? null,
    tags: [...(definition.options.tags ?? [])],
    parameterSchema: await buildParameterSchema(definition.schema),
    madeIn: definition.file,
  }
}

/** The loader names the exported flows when it is asked for one that no file can have. */
async function listExports(file: string, folder: string): Promise<string[]> {
  try {
    await loadFlow(`${file}:?`, folder)
    return []
  } catch (error) {
    if (!isAedileError(error, 'flow_not_in_file')) throw error
    const found = String(error.details.found)
    return found.startsWith('none;') ? [] : [...found.matchAll(/(?:^|, )([\w$]+)(?: \([^)]*\))?/g)].map((match) => match[1]!)
  }
}

async function answer(question: ScriptQuestion): Promise<ScriptAnswer> {
  const { folder } = question
  try {
    if ('entrypoint' in question) return { flows: [await readFlow(question.entrypoint, folder)] }
    const flows: ScriptFlow[] = []
    for (const name of await listExports(question.file, folder)) flows.push(await readFlow(`${question.file}:${name}`, folder))
    return { flows }
  } catch (error) {
    if (isAedileError(error)) return { error: { code: error.code, details: plain(error.details), message: error.message } }
    return {
      error: { code: null, details: {}, message: error instanceof Error ? (error.stack ?? error.message) : String(error) },
    }
  }
}

/** Details may hold things that cannot be sent to another thread. */
function plain(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(details)) as Record<string, unknown>
}

const question = workerData as ScriptQuestion | null
if (parentPort && question?.aedile === 'read-flows') parentPort.postMessage(await answer(question))
