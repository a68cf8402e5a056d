/** What an engine refused, or that it did not answer (`status` null). */
export class EngineError extends Error {
  readonly status: number | null

  constructor(status: number | null, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'EngineError'
    this.status = status
  }
}

/** True for the engine's answer with this status. */
export function isAnswer(error: unknown, status: number): error is EngineError {
  return error instanceof EngineError && error.status === status
}

/** True when the engine could not be asked: what it would have said is unknown. */
export function isUnanswered(error: unknown): error is EngineError {
  return error instanceof EngineError && error.status === null
}

/** True when it did not answer, or with a failure of its own: one that shuts down has closed its books already. */
export function isNoAnswer(error: unknown): error is EngineError {
  return error instanceof EngineError && (error.status === null || error.status >= 500)
}
