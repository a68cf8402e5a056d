/**
 * The one catalogue of errors: code, message template, HTTP status, retryable. docs/errors.md is generated from it. A
 * message says what was expected, what came and what to do. `{name}` is filled from the error's details.
 */
export const ERRORS = {
  request_invalid: { message: 'Invalid request received.', status: 422, retryable: false },
  unauthorized: { message: 'Unauthorized', status: 401, retryable: false },
  not_found: { message: '{what} not found', status: 404, retryable: false },
  conflict: { message: '{what}', status: 409, retryable: false },
  body_too_large: {
    message: 'The request body has more than {limitBytes} bytes. Send it in smaller parts.',
    status: 413,
    retryable: false,
  },
  server_busy: { message: 'Service Unavailable', status: 503, retryable: true },
  internal: { message: 'Internal Server Error', status: 500, retryable: false },

  infrastructure_not_found: {
    message: 'Nothing named {name} exists on {target}: it ended or was removed.',
    status: 404,
    retryable: false,
  },
  infrastructure_not_available: {
    message: '{name} belongs to {target}, which cannot be reached from {here}.',
    status: 409,
    retryable: false,
  },
  infrastructure_failed: { message: '{what}', status: 500, retryable: false },
  infrastructure_type_unknown: {
    message:
      'There is no infrastructure of type {type}. Known types: {known}. Install its package or name it in AEDILE_INFRASTRUCTURES.',
    status: 422,
    retryable: false,
  },

  attempt_refused: { message: '{reason}', status: 409, retryable: false },
} as const satisfies Record<string, { message: string; status: number; retryable: boolean }>

export type ErrorCode = keyof typeof ERRORS

/** An error from the catalogue. `details` fill the message and go to the client with it. */
export class AedileError extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, details: Record<string, unknown> = {}, options?: { cause?: unknown }) {
    super(fillMessage(ERRORS[code].message, details), options)
    this.name = 'AedileError'
    this.code = code
    this.details = details
  }

  get status(): number {
    return ERRORS[this.code].status
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable
  }
}

/** True for an AedileError, optionally of one code. */
export function isAedileError(error: unknown, code?: ErrorCode): error is AedileError {
  return error instanceof AedileError && (code === undefined || error.code === code)
}

function fillMessage(template: string, details: Record<string, unknown>): string {
  return template.replace(/\{(\w+)\}/g, (whole, key: string) => (key in details ? String(details[key]) : whole))
}
