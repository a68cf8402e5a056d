import { isAedileError } from '@aedile/core/errors'

/** A run that was deleted since it was looked for is no trouble. */
export function ignoreDeleted(error: unknown): null {
  if (isAedileError(error, 'not_found')) return null
  throw error
}
