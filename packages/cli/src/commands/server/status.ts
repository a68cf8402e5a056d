import { readServerStatus } from '@aedile/server/lifecycle/pid-file'
import type { CliContext } from '../../cli-context.ts'
import { EXIT_CODES } from '../../failure.ts'

/** Tells whether the server of the home directory runs; exit code 3 when it does not. */
export async function run({ print, sources }: CliContext): Promise<void> {
  const status = await readServerStatus(sources.home)
  if (!status.running) process.exitCode = EXIT_CODES.notFound.code
  await print.result(status, () => {
    if (status.running)
      print.line(`Running: ${status.server.url} (process ${status.server.pid}, version ${status.server.version})`)
    else print.line(`No server of ${sources.home} runs. Start one with: aedile server start`)
  })
}
