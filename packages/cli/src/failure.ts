import { AedileError, isAedileError } from '@aedile/core/errors'
import { CommanderError } from 'commander'

/** The exit codes of every command, as `docs/cli.md` lists them. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'The command did what it was asked.' },
  failed: { code: 1, meaning: 'It failed; the error says why and what to do.' },
  usage: { code: 2, meaning: 'The command line is wrong: unknown command, option or value.' },
  notFound: { code: 3, meaning: 'What it names does not exist.' },
  unreachable: { code: 4, meaning: 'The server cannot be reached.' },
  runFailed: { code: 5, meaning: 'The command worked, but the flow run that it watched did not complete.' },
  different: { code: 6, meaning: 'The renderings that were compared differ (`--diff`).' },
  interrupted: { code: 130, meaning: 'Ended by Ctrl-C.' },
} as const

/** A failure of the command line itself: a sentence, and what to do. */
export class CliFailure extends Error {
  readonly code: number

  constructor(message: string, code: number = EXIT_CODES.failed.code) {
    super(message)
    this.code = code
  }
}

/** The exit code for an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODES.usage.code
  if (error instanceof CliFailure) return error.code
  if (isAedileError(error, 'api_unreachable') || isAedileError(error, 'api_timeout')) return EXIT_CODES.unreachable.code
  if (isAedileError(error) && error.status === 404) return EXIT_CODES.notFound.code
  return EXIT_CODES.failed.code
}

/** What to tell about an error; null when commander has told already. Bugs of ours come with their stack. */
export function explainError(error: unknown): string | null {
  if (error instanceof CommanderError) return null
  if (error instanceof CliFailure) return error.message
  if (isAedileError(error, 'api_unreachable'))
    return `${error.message}\nIs the server running? Start one with: aedile server start`
  if (error instanceof AedileError) {
    const id = error.details.requestId
    return typeof id === 'string' ? `${error.message} (request ${id})` : error.message
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
