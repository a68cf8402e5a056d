import type { OutputTarget } from '@aedile/worker/classes/run-command'
import { buildInfrastructure, type InfrastructureOptions, readScriptSources } from '../../blocks/build-infrastructure.ts'
import type { CliContext } from '../../cli-context.ts'
import { CliFailure, EXIT_CODES } from '../../failure.ts'
import { parseSeconds } from '../../options/parse-options.ts'

type RunOptions = InfrastructureOptions & { quiet?: boolean; graceSeconds?: string; apiUrl?: string }

/** Runs a command on an infrastructure and ends with its exit code. */
export async function run(context: CliContext, options: RunOptions, slug: string, command: string[]): Promise<void> {
  const infrastructure = await buildInfrastructure(context, slug, options, command)
  const graceSeconds = parseSeconds('--grace-seconds', options.graceSeconds)
  const interrupt = new AbortController()
  const onSignal = () => interrupt.abort(new CliFailure('Stopped.', EXIT_CODES.interrupted.code))
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  try {
    const result = await infrastructure.run({
      sources: readScriptSources(context, options.apiUrl),
      signal: interrupt.signal,
      ...(graceSeconds === undefined ? {} : { graceSeconds }),
      ...(options.quiet ? { streamOutput: false } : {}),
      ...(context.print.isJson ? { output: toStandardError } : {}),
    })
    const { identifier, statusCode, ok } = result
    await context.print.result({ identifier, statusCode, ok }, () => {})
    process.exitCode = toExitCode(statusCode)
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

/** The standard output is the result's. */
const toStandardError: OutputTarget = {
  stdout: (bytes) => void process.stderr.write(bytes),
  stderr: (bytes) => void process.stderr.write(bytes),
}

/** As a shell tells it; -1 is a command without an exit code. */
function toExitCode(statusCode: number): number {
  if (statusCode === -1) return EXIT_CODES.failed.code
  return statusCode < 0 ? 128 - statusCode : statusCode
}
