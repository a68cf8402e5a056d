import { exitCodeOf, explainError } from './failure.ts'
import { buildProgram } from './program.ts'

/** Runs one command and sets the exit code. What it starts in the background keeps the process alive until it ends. */
export async function main(args: string[]): Promise<void> {
  process.stdout.on('error', endWithReader)
  try {
    await buildProgram().parseAsync(args, { from: 'user' })
  } catch (error) {
    const text = explainError(error)
    if (text !== null) process.stderr.write(`${text}\n`)
    process.exitCode = exitCodeOf(error)
  }
}

/** `aedile ... | head`: who reads has seen enough. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
}

if (process.argv[1]?.endsWith('main.ts')) await main(process.argv.slice(2))
