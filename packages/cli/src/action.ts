import type { Command } from 'commander'
import type { CliContext } from './cli-context.ts'

/** A command's code: gets the context, its options and its arguments; an argument that may be repeated comes as a list. */
export type Run<Options, Args extends unknown[] = string[]> = (
  context: CliContext,
  options: Options,
  ...args: Args
) => Promise<void>

/** Makes a commander action of a module that is loaded when the command is used. */
export function lazy<Options, Args extends unknown[]>(load: () => Promise<{ run: Run<Options, Args> }>) {
  return async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command
    const args = given.slice(0, -2) as Args
    const [{ createContext }, { run }] = await Promise.all([import('./cli-context.ts'), load()])
    const options = command.optsWithGlobals() as Options & { json?: boolean; profile?: string; apiUrl?: string }
    await run(createContext(options), options, ...args)
  }
}

/** Collects an option that may be given several times. One value each time, so that an argument may follow. */
export function repeatable(value: string, before: string[] = []): string[] {
  return [...before, value]
}

/** Examples under a command's help. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ aedile ${line}`).join('\n')}\n`
}
