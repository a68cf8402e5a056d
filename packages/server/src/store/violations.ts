/** True when a unique constraint refused a row, on either database. The unit of work that met it rolls back. */
export function isUniqueViolation(error: unknown): boolean {
  return hasCode(error, 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY', '23505')
}

/** True when a row refers to one that does not exist. */
export function isForeignKeyViolation(error: unknown): boolean {
  return hasCode(error, 'SQLITE_CONSTRAINT_FOREIGNKEY', '23503')
}

/** True when any constraint refused a row: unique, foreign key, not null, check. */
export function isConstraintViolation(error: unknown): boolean {
  const code = codeOf(error)
  return code.startsWith('SQLITE_CONSTRAINT') || /^23\d{3}$/.test(code)
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes(codeOf(error))
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}
