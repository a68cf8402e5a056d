import { CliFailure, EXIT_CODES } from '../failure.ts'

/** A whole number of at least 0; undefined when the option was not given. */
export function parseCount(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text)
  throw new CliFailure(`${option} takes a whole number, found ${JSON.stringify(text)}.`, EXIT_CODES.usage.code)
}

/** A number of seconds of at least 0; undefined when the option was not given. */
export function parseSeconds(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  throw new CliFailure(`${option} takes a number of seconds, found ${JSON.stringify(text)}.`, EXIT_CODES.usage.code)
}
