import { writeFileSync } from 'node:fs'
import type { CliContext } from '../../cli-context.ts'
import { findInfrastructures, loadDefinition } from '../../compose/infrastructures.ts'

/** Prints the template that pools of a type get. Needs no server. */
export async function run(context: CliContext, options: { type: string; file?: string }): Promise<void> {
  const { defaultBaseJobTemplate } = await loadDefinition(findInfrastructures(context.infrastructures), options.type)
  const text = `${JSON.stringify(defaultBaseJobTemplate, null, 2)}\n`
  if (options.file === undefined) process.stdout.write(text)
  else {
    writeFileSync(options.file, text)
    context.print.line(`Wrote ${options.file}`)
  }
}
