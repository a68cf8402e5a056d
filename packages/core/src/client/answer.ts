import { AedileError, type ErrorCode } from '../errors.ts'
import { isJsonObject } from '../json.ts'
import type { Answer } from './fetch.ts'

/** The request that an error is about. `url` has no query and no credentials. */
export type RequestFacts = { method: string; url: string }

/** The error for an answer other than 2xx, with the server's own words and the id that it gave the request. */
export function errorFromAnswer(request: RequestFacts, response: Answer, text: string): AedileError {
  const { status } = response
  const body = parseOrNull(text)
  const details = {
    ...request,
    status,
    detail: describeBody(body, text) || response.statusText || 'no body',
    body,
    requestId: response.headers.get('x-request-id'),
    retryAfter: response.headers.get('retry-after'),
  }
  return new AedileError(codeOf(status), details)
}

function codeOf(status: number): ErrorCode {
  if (status === 401) return 'api_unauthorized'
  if (status === 403) return 'api_forbidden'
  if (status === 404) return 'api_not_found'
  if (status === 409) return 'api_conflict'
  if (status === 422) return 'api_invalid'
  if (status === 408 || status === 423 || status === 429 || status === 503) return 'api_busy'
  return 'api_error'
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The API says what went wrong under `detail`, or under `exception_message` with the single faults beside it. */
function describeBody(body: unknown, text: string): string {
  if (!isJsonObject(body)) return text.slice(0, 500)
  const message = body.detail ?? body.exception_message
  const sentence = typeof message === 'string' ? message : JSON.stringify(message ?? body).slice(0, 500)
  const faults = Array.isArray(body.exception_detail) ? body.exception_detail.slice(0, 5).map(describeFault) : []
  return [sentence, ...faults].join(' ')
}

function describeFault(fault: unknown): string {
  if (!isJsonObject(fault)) return String(fault)
  const place = Array.isArray(fault.loc) ? fault.loc.join('.') : ''
  return `${place}: ${String(fault.msg ?? '')}`
}

/** The status that the server answered with, for an error made from an answer; null for any other error. */
export function answerStatus(error: unknown): number | null {
  return error instanceof AedileError && typeof error.details.status === 'number' ? error.details.status : null
}
