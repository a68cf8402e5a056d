import type { Command } from 'commander'
import { examples, lazy, repeatable } from '../action.ts'

/** `aedile flow-run ...` */
export function addFlowRunCommands(program: Command): void {
  const run = program.command('flow-run').description('executions of flows')
  run
    .command('ls')
    .description('list flow runs, the newest first')
    .option('--limit <number>', 'at most so many', '15')
    .option('--flow <name>', 'only runs of this flow; may be repeated', repeatable)
    .option('--state <name>', 'only runs in this state, by type or name; may be repeated', repeatable)
    .addHelpText('after', examples('flow-run ls --state running --state late', 'flow-run ls --flow nightly --limit 50 --json'))
    .action(lazy(() => import('./flow-run/ls.ts')))
  run
    .command('inspect <id>')
    .description('show a flow run with its states and task runs')
    .action(lazy(() => import('./flow-run/inspect.ts')))
  run
    .command('logs <id>')
    .description('print the logs of a flow run')
    .option('-f, --follow', 'go on until the run has ended')
    .option('--tail <number>', 'only the last so many lines')
    .action(lazy(() => import('./flow-run/logs.ts')))
  run
    .command('cancel <id>')
    .description('cancel a flow run; it is Cancelled when nothing of it runs any more')
    .action(lazy(() => import('./flow-run/cancel.ts')))
  run
    .command('retry <id>')
    .description('run an ended flow run of a deployment again')
    .action(lazy(() => import('./flow-run/retry.ts')))
  run
    .command('delete <id>')
    .description('delete a flow run with its logs')
    .option('--yes', 'do not ask')
    .action(lazy(() => import('./flow-run/delete.ts')))
}
