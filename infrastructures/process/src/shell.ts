import { joinShellWords } from '@aedile/core/shell-words'
import type { ProcessRequest } from './request.ts'

/** The request as shell lines: nothing of the shell's own environment is handed down. */
export function toShell({ argv, env, workingDirectory, streamOutput }: ProcessRequest): string[] {
  const entries = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const directory = workingDirectory === null ? '"$(mktemp -d)"' : joinShellWords([workingDirectory])
  return [`cd ${directory}`, `${joinShellWords(['env', '-i', ...entries, ...argv])}${streamOutput ? '' : ' >/dev/null 2>&1'}`]
}
