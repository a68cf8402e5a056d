import { AedileError } from '@aedile/core/errors'

/** The codes after which the same transaction may go well: serialization failure, deadlock, a plan older than its table. */
const REPEATABLE = new Set(['40001', '40P01'])
/** Connection lost, server stopping or starting, too many connections, lock or statement timed out. */
const PASSING = /^(08|57P0|53300|55P03|57014)/
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** Turns Postgres's trouble into an error of the catalogue. Broken constraints and our own errors stay as they are. */
export function toPostgresTrouble(error: unknown, database: string): unknown {
  const code = errorCode(error)
  const options = { cause: error }
  const reason = error instanceof Error ? error.message : String(error)
  if (isRepeatable(error) || PASSING.test(code) || isConnectionLost(error)) {
    return new AedileError('server_busy', { database, reason }, options)
  }
  if (code === '53100') return new AedileError('database_full', { database }, options)
  if (code === '25006') return new AedileError('database_readonly', { database, reason }, options)
  if (code === 'XX001' || code === 'XX002') return new AedileError('database_corrupt', { database, reason }, options)
  return error
}

/** Trouble while opening: whatever keeps us from connecting is `database_unreachable`. */
export function toOpeningTrouble(error: unknown, database: string): unknown {
  const code = errorCode(error)
  const reason = describe(error)
  // 3D000: no such database. 28xxx: refused credentials.
  if (isConnectionLost(error) || PASSING.test(code) || code === '3D000' || code.startsWith('28')) {
    return new AedileError('database_unreachable', { database, reason }, { cause: error })
  }
  if (code === '42501') return new AedileError('database_readonly', { database, reason }, { cause: error })
  return toPostgresTrouble(error, database)
}

/** True when the same transaction should be tried again. */
export function isRepeatable(error: unknown): boolean {
  return REPEATABLE.has(errorCode(error)) || isStalePlan(error)
}

/** True when a prepared statement's table was changed by a migration of another server. */
export function isStalePlan(error: unknown): boolean {
  return errorCode(error) === '0A000' && error instanceof Error && error.message.includes('cached plan')
}

/** True when Postgres did not understand a statement, or does not know what it names. */
export function isWrongStatement(error: unknown): boolean {
  return errorCode(error).startsWith('42')
}

/** True when a connection broke or was refused at once, so that the next one may be good. */
export function isConnectionBroken(error: unknown): boolean {
  if (NETWORK.has(errorCode(error)) || /^(08|57P0)/.test(errorCode(error))) return true
  if (!(error instanceof Error)) return false
  return /^(Connection terminated|Client has encountered a connection error)/.test(error.message)
}

/** True when there is no connection: broken, refused, or waited for too long. */
export function isConnectionLost(error: unknown): boolean {
  if (isConnectionBroken(error)) return true
  return error instanceof Error && error.message.startsWith('timeout exceeded when trying to connect')
}

/** True when the transaction is gone for a reason that passes, whatever the unit made of it. */
export function isPassing(error: unknown): boolean {
  return isRepeatable(error) || isConnectionBroken(error)
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}

function describe(error: unknown): string {
  // Node reports a host with several addresses as one error without a message.
  if (error instanceof AggregateError) return error.errors.map((one) => (one as Error).message).join('; ')
  return error instanceof Error ? error.message : String(error)
}
