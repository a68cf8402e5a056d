import { stopServer } from '@aedile/server/lifecycle/pid-file'
import type { CliContext } from '../../cli-context.ts'
import { CliFailure, EXIT_CODES } from '../../failure.ts'

const TEXT = { stopped: 'Stopped.', killed: 'It did not stop in time and was killed.' }

/** Stops the server of the home directory. */
export async function run({ print, sources }: CliContext): Promise<void> {
  const result = await stopServer(sources.home)
  if (result === 'not-running') throw new CliFailure(`No server of ${sources.home} runs.`, EXIT_CODES.notFound.code)
  await print.result({ result }, () => print.line(TEXT[result]))
}
