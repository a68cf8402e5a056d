import type { Command } from 'commander'
import type { CliContext } from './cli-context.ts'

/** A command's code: gets the context, its arguments and its options. */
export type Run<Options> = (context: CliContext, options: Options, ...args: string[]) => Promise<void>

/** Makes a commander action of a module that is loaded when the command is used. */
export function lazy<Options>(load: () => Promise<{ run: Run<Options> }>) {
  return async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command
    const args = given.slice(0, -2) as string[]
    const [{ createContext }, { run }] = await Promise.all([import('./cli-context.ts'), load()])
    const options = command.optsWithGlobals() as Options & { json?: boolean; profile?: string; apiUrl?: string }
    await run(createContext(options), options, ...args)
  }
}

/** Examples under a command's help. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ aedile ${line}`).join('\n')}\n`
}
