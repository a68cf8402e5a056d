import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cleanEnvironment, type Program, startProgram } from '../support/program.ts'

/** A command with a home directory of its own, so that no profile of the machine has a say. */
export type Command = { file: string; args: string[]; cwd: string; env: Record<string, string> }

/** A command that goes on until it is ended. */
export type Running = { program: Program; output: () => string; stop: () => Promise<void> }

const STOP_SECONDS = 20

/** Runs a command to its end and returns what it wrote to stdout; fails with all that it wrote when it fails. */
export async function runCommand(command: Command, seconds = 120): Promise<string> {
  const { program, remove } = launch(command)
  // The output is whole when the streams are closed, which may be after the exit.
  const closed = once(program.child, 'close')
  const force = setTimeout(() => void program.end('SIGKILL'), seconds * 1000)
  const exit = await program.ended
  await closed
  clearTimeout(force)
  remove()
  if (exit === 0) return program.stdout()
  throw new Error(`${command.file} ${command.args.join(' ')} ended with ${exit}\n${program.stdout()}\n${program.stderr()}`)
}

/** Starts a command. `stop` interrupts it, and kills it when it is still there after 20 s. */
export function startCommand(command: Command, options: { withInput?: boolean } = {}): Running {
  const { program, remove } = launch(command, options)
  return {
    program,
    output: () => program.stdout() + program.stderr(),
    stop: async () => {
      const force = setTimeout(() => void program.end('SIGKILL'), STOP_SECONDS * 1000)
      await program.end('SIGINT')
      clearTimeout(force)
      remove()
    },
  }
}

function launch(command: Command, { withInput = false } = {}): { program: Program; remove: () => void } {
  const home = mkdtempSync(join(tmpdir(), 'aedile-conformance-'))
  const env = { ...cleanEnvironment(), PREFECT_HOME: home, AEDILE_HOME: home, ...command.env }
  const program = startProgram(command.file, command.args, env, command.cwd, withInput ? 'pipe' : 'ignore')
  return { program, remove: () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }) }
}
