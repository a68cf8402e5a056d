import { AedileError } from '@aedile/core/errors'
import type { Job } from '@aedile/core/infrastructure-definition'
import type { JsonValue } from '@aedile/core/json'

/** The fields of a job that only this type has. */
export type ProcessFields = { stream_output: boolean; working_dir: string | null }

/**
 * Checks and completes them as a genuine worker's configuration class does: what a template leaves out has its default.
 * @throws AedileError `template_invalid` with a JSON pointer.
 */
export function normalizeProcessFields({ stream_output = true, working_dir = null }: Job): ProcessFields {
  if (working_dir !== null && typeof working_dir !== 'string') throw illTyped('/working_dir', 'a path', working_dir)
  return { stream_output: toBoolean(stream_output), working_dir }
}

const TRUE = ['1', 'true', 't', 'yes', 'y', 'on']
const FALSE = ['0', 'false', 'f', 'no', 'n', 'off']

/** The spellings that pydantic takes for a boolean. */
function toBoolean(value: JsonValue): boolean {
  if (value !== null && typeof value !== 'object') {
    const text = String(value).toLowerCase()
    if (TRUE.includes(text)) return true
    if (FALSE.includes(text)) return false
  }
  throw illTyped('/stream_output', 'true or false', value)
}

function illTyped(pointer: string, expected: string, value: JsonValue): AedileError {
  return new AedileError('template_invalid', { pointer, why: `expected ${expected}, found ${JSON.stringify(value)}` })
}
