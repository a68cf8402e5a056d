import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { AedileError, isAedileError } from '@aedile/core/errors'
import { whileLoading } from '../loading.ts'
import { findFlow, type LoadedFlow } from './find-flow.ts'

/**
 * Loads the flow that an entrypoint names, such as `flows/report.ts:report`. Node strips the types; what that cannot do
 * (enums, imports without extension, decorators) is left to jiti.
 */
export async function loadFlow(entrypoint: string, folder: string): Promise<LoadedFlow> {
  const { file, name } = parseEntrypoint(entrypoint, folder)
  if (!existsSync(file)) throw new AedileError('flow_file_missing', { file, cwd: folder })
  return findFlow(file, await whileLoading(() => importFile(file)), name)
}

/** Splits at the last colon: a path on Windows has one of its own. */
export function parseEntrypoint(entrypoint: string, folder: string): { file: string; name: string } {
  const colon = entrypoint.lastIndexOf(':')
  const path = entrypoint.slice(0, colon)
  const name = entrypoint.slice(colon + 1)
  if (colon <= 0 || name === '' || !/\.[cm]?[jt]sx?$/.test(path)) throw new AedileError('entrypoint_invalid', { entrypoint })
  return { file: resolve(folder, path), name }
}

async function importFile(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (error) {
    if (isAedileError(error)) throw error
    if (isForJiti(error)) return importByJiti(file, error)
    throw brokenFile(file, error)
  }
}

const JITI_CODES = [
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_INVALID_TYPESCRIPT_SYNTAX',
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_MODULE_NOT_FOUND',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
]

/** These come before any of the file's code has run, so it may be loaded once more. */
function isForJiti(error: unknown): boolean {
  if (error instanceof SyntaxError) return true
  return error instanceof Error && 'code' in error && JITI_CODES.includes(String(error.code))
}

async function importByJiti(file: string, first: unknown): Promise<Record<string, unknown>> {
  const { createJiti } = await import('jiti')
  try {
    return (await createJiti(import.meta.url, { moduleCache: false }).import(file)) as Record<string, unknown>
  } catch (error) {
    if (isAedileError(error)) throw error
    // Node's own words are about the file as it is written; jiti's about what it made of it.
    throw brokenFile(file, placeOf(first) ? first : error)
  }
}

function brokenFile(file: string, error: unknown): AedileError {
  const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
  return new AedileError('flow_file_broken', { place: placeOf(error) ?? file, reason }, { cause: error })
}

/** `file:line` of an error: the head of the stack for a SyntaxError, else its first frame in a file that is not the loader's. */
function placeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !error.stack) return null
  const head = /^(?:file:\/\/)?(\/[^\n]+?|[A-Za-z]:\\[^\n]+?):(\d+)(?::\d+)?\n/.exec(error.stack)
  const frames = [...error.stack.matchAll(/(?:file:\/\/|\()(\/[^\n]+?):(\d+):\d+\)?/g)]
  // From this file on it is whoever called us.
  const own = frames.findIndex(([, path]) => path === fileURLToPath(import.meta.url))
  const theirs = frames.slice(0, own === -1 ? undefined : own).filter(([, path]) => !path!.includes('/node_modules/jiti/'))
  const match = head ?? theirs[0]
  return match ? `${match[1]}:${match[2]}` : null
}
