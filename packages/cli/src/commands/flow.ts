import type { Command } from 'commander'
import { examples, lazy, repeatable } from '../action.ts'

/** `aedile flow ...` */
export function addFlowCommands(program: Command): void {
  const flow = program.command('flow').description('functions and commands that the server knows by name')
  flow
    .command('ls')
    .description('list the flows')
    .option('--limit <number>', 'at most so many', '50')
    .action(lazy(() => import('./flow/ls.ts')))
  flow
    .command('serve <entrypoint>')
    .description('serve a flow from this process: its runs are executed here, until Ctrl-C')
    .requiredOption('-n, --name <name>', 'the name of the deployment')
    .option('--cron <expression>', 'run it by a cron expression')
    .option('--interval <seconds>', 'run it every so many seconds')
    .option('--rrule <rule>', 'run it by an RFC 5545 recurrence')
    .option('--timezone <zone>', 'the zone of the schedule, e.g. Europe/Rome')
    .option('--param <assignment>', 'a default parameter, as NAME=JSON; may be repeated', repeatable)
    .option('--tag <tag>', 'a tag of the deployment; may be repeated', repeatable)
    .option('--limit <number>', 'at most so many runs at once')
    .addHelpText('after', examples('flow serve hello.ts:hello --name local --interval 60'))
    .action(lazy(() => import('./flow/serve.ts')))
}
