import type { Command } from 'commander'
import { examples, lazy } from '../action.ts'

/** `aedile dev` */
export function addDevCommand(program: Command): void {
  program
    .command('dev [paths...]')
    .description(
      'try flows out: a server, a pool, a worker and the flows of these files or folders, in one process, until Ctrl-C',
    )
    .option('--port <port>', 'the port of the server; 4200 otherwise, or a free one when that is taken')
    .option('--limit <number>', 'at most so many runs at once')
    .addHelpText('after', examples('dev', 'dev hello.ts flows/ --port 4300'))
    .action(lazy(() => import('./dev/dev.ts')))
}
