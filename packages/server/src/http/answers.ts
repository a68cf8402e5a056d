import { AedileError, ERRORS } from '@aedile/core/errors'
import { isConstraintViolation } from '../store/violations.ts'
import { HttpError } from './route.ts'
import { RequestInvalid } from './validation.ts'

/** What a failed request answers. */
export type Answer = { status: number; body: Record<string, unknown>; headers: Record<string, string>; isOurFault: boolean }

const INTEGRITY_CONFLICT =
  'Data integrity conflict. This usually means a unique or foreign key constraint was violated. See server logs for details.'

const RETRY_AFTER = { 'retry-after': '1' }

/** Turns whatever a handler threw into the answer that clients of the API expect. Source: WC 6.7. */
export function toAnswer(error: unknown): Answer {
  if (error instanceof HttpError) return answer(error.status, error.body, error.headers)
  if (error instanceof RequestInvalid) {
    return answer(422, {
      exception_message: ERRORS.request_invalid.message,
      exception_detail: error.errors,
      request_body: error.requestBody ?? null,
    })
  }
  if (error instanceof AedileError) return fromCatalogue(error)
  const code = codeOf(error)
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return answer(413, { detail: (error as Error).message })
  if (code.startsWith('FST_ERR_')) return answer(statusOf(error), { detail: (error as Error).message })
  const refusal = explainRefusedStatement(error, code)
  if (refusal) return fromCatalogue(refusal)
  if (isConstraintViolation(error)) return { ...answer(409, { detail: INTEGRITY_CONFLICT }), isOurFault: true }
  if (isPassingCode(code)) return busy()
  return { ...answer(500, { exception_message: ERRORS.internal.message }), isOurFault: true }
}

function fromCatalogue(error: AedileError): Answer {
  switch (error.code) {
    case 'server_busy':
      return busy()
    case 'unauthorized':
    case 'internal':
      return { ...answer(error.status, { exception_message: error.message }), isOurFault: error.code === 'internal' }
    default:
      if (error.status >= 500)
        return { ...answer(error.status, { exception_message: error.message, code: error.code }), isOurFault: true }
      return answer(error.status, { detail: error.message, code: error.code }, error.retryable ? RETRY_AFTER : {})
  }
}

/** What a client asked for and no database can do, however often it is asked. */
function explainRefusedStatement(error: unknown, code: string): AedileError | null {
  const reason = error instanceof Error ? error.message : ''
  const isTooLarge =
    /^54\w{3}$/.test(code) || (code === 'SQLITE_ERROR' && /too (large|many|deep|complex)|stack overflow/i.test(reason))
  if (isTooLarge) return new AedileError('query_too_large', { reason }, { cause: error })
  if (code === '22021') return new AedileError('text_unstorable', {}, { cause: error })
  return null
}

function busy(): Answer {
  return answer(503, { exception_message: ERRORS.server_busy.message }, RETRY_AFTER)
}

function answer(status: number, body: Record<string, unknown>, headers: Record<string, string> = {}): Answer {
  return { status, body, headers, isOurFault: false }
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}

function statusOf(error: unknown): number {
  const status = (error as { statusCode?: unknown } | null)?.statusCode
  return typeof status === 'number' ? status : 500
}

/** Trouble of the database that passes: locks, lost connections, a server that starts or stops. */
function isPassingCode(code: string): boolean {
  return (
    /^SQLITE_(BUSY|LOCKED)/.test(code) ||
    /^(08\w{3}|53\w{3}|57P0\d|57014|40001|40P01)$/.test(code) ||
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(code)
  )
}
