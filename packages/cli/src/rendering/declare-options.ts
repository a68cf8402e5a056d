import { type Command, Option } from 'commander'
import { repeatable } from '../action.ts'

/** The options that every command has that renders through the API. */
export function addRenderOptions(command: Command): Command {
  return command
    .option('--set <assignment>', 'a job variable over those of the run, as NAME=VALUE; may be repeated', repeatable)
    .option('--explain', 'say beside each field where it came from')
    .option('--worker <name>', 'with what this worker of the pool told of itself')
    .option(
      '--diff <other>',
      'compare with a run (its id), a deployment (FLOW/NAME or its id), or DEFAULT: the template of the type',
    )
    .addOption(new Option('-o, --output <format>', 'how to print the request').choices(['yaml', 'json', 'curl']).default('yaml'))
}
