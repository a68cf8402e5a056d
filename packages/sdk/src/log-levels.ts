/** Levels of Python's logging, which the API uses. The same as in core/resources/log, without loading its schemas. */
export const LOG_LEVELS = { debug: 10, info: 20, warning: 30, error: 40, critical: 50 } as const
