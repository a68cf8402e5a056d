import type { Command } from 'commander'
import { examples, lazy, repeatable } from '../action.ts'

/** `aedile variable ...` */
export function addVariableCommands(program: Command): void {
  const variable = program.command('variable').description('named JSON values that flows and templates read')
  variable
    .command('ls')
    .description('list the variables')
    .action(lazy(() => import('./variable/ls.ts')))
  variable
    .command('get <name>')
    .description('print the value of a variable')
    .action(lazy(() => import('./variable/get.ts')))
  variable
    .command('set <name> <value>')
    .description('set a variable; a value that is JSON is kept as JSON, anything else as text')
    .option('--overwrite', 'replace the value if the variable exists')
    .option('--tag <tag>', 'a tag of the variable; may be repeated', repeatable)
    .addHelpText('after', examples('variable set region europe-west1', `variable set limits '{"rows": 1000}' --overwrite`))
    .action(lazy(() => import('./variable/set.ts')))
  variable
    .command('unset <name>')
    .description('remove a variable')
    .action(lazy(() => import('./variable/unset.ts')))
}
