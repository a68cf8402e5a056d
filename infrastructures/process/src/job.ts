import type { Job } from '@aedile/core/infrastructure-definition'
import { illTyped, toBoolean } from '@aedile/core/templates/field-values'

/** The fields of a job that only this type has. */
export type ProcessFields = { stream_output: boolean; working_dir: string | null }

/**
 * Checks and completes them as a genuine worker's configuration class does: what a template leaves out has its default.
 * @throws AedileError `template_invalid` with a JSON pointer.
 */
export function normalizeProcessFields({ stream_output = true, working_dir = null }: Job): ProcessFields {
  if (working_dir !== null && typeof working_dir !== 'string') throw illTyped('/working_dir', 'a path', working_dir)
  return {
    stream_output: toBoolean('/stream_output', stream_output),
    working_dir: working_dir === null ? null : normalizePath(working_dir),
  }
}

/** A path as Python's pathlib writes it: no empty steps and no dots, but `..` stays, and so do exactly two leading slashes. */
function normalizePath(path: string): string {
  const root = /^\/\/(?!\/)/.test(path) ? '//' : path.startsWith('/') ? '/' : ''
  const steps = path.split('/').filter((step) => step !== '' && step !== '.')
  return `${root}${steps.join('/')}` || '.'
}
