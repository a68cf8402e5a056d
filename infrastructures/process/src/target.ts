import { AedileError } from '@aedile/core/errors'
import type { JsonObject } from '@aedile/core/json'

/** Where process attempts are kept, and how much told output of each stays on disk. */
export type ProcessTarget = { stateDirectory: string; keepOutputBytes: number }

const KEEP_OUTPUT_BYTES = 64 * 1024 * 1024

/** Reads the settings of a connection. */
export function parseTarget(target: JsonObject): ProcessTarget {
  const { stateDirectory, keepOutputBytes = KEEP_OUTPUT_BYTES } = target
  if (process.platform === 'win32') throw failed('The process type needs a POSIX shell; on Windows run the worker inside WSL.')
  if (typeof stateDirectory !== 'string' || !stateDirectory.startsWith('/')) {
    throw failed(`The process type needs \`stateDirectory\`, an absolute path, not ${JSON.stringify(stateDirectory ?? null)}.`)
  }
  if (typeof keepOutputBytes !== 'number' || keepOutputBytes <= 0) {
    throw failed(`\`keepOutputBytes\` must be a number above 0, not ${JSON.stringify(keepOutputBytes)}.`)
  }
  return { stateDirectory, keepOutputBytes }
}

function failed(what: string): AedileError {
  return new AedileError('infrastructure_failed', { what })
}
