import type { Command } from 'commander'
import { examples, lazy } from '../action.ts'

/** `aedile work-pool ...` */
export function addWorkPoolCommands(program: Command): void {
  const pool = program.command('work-pool').description('places to run flows, each of one infrastructure type')
  pool
    .command('create <name>')
    .description('create a work pool')
    .requiredOption('-t, --type <type>', 'the type of infrastructure, e.g. process')
    .option('--base-job-template <file>', "a template in JSON; the type's own when not given")
    .option('--description <text>', 'what the pool is for')
    .option('--concurrency-limit <number>', 'at most so many runs at once')
    .option('--paused', 'create it paused')
    .option('--overwrite', 'update the pool if it exists')
    .addHelpText(
      'after',
      examples(
        'work-pool create local --type process',
        'work-pool create local --type process --overwrite --base-job-template template.json',
      ),
    )
    .action(lazy(() => import('./work-pool/create.ts')))
  pool
    .command('ls')
    .description('list the work pools')
    .action(lazy(() => import('./work-pool/ls.ts')))
  pool
    .command('inspect <name>')
    .description('show a work pool with its template, queues and workers')
    .action(lazy(() => import('./work-pool/inspect.ts')))
  pool
    .command('update <name>')
    .description('change a work pool')
    .option('--base-job-template <file>', 'a template in JSON')
    .option('--description <text>', 'what the pool is for')
    .option('--concurrency-limit <number>', 'at most so many runs at once')
    .action(lazy(() => import('./work-pool/update.ts')))
  pool
    .command('pause <name>')
    .description('take no more runs from a pool')
    .action(lazy(() => import('./work-pool/pause.ts')))
  pool
    .command('resume <name>')
    .description('take runs from a paused pool again')
    .action(lazy(() => import('./work-pool/resume.ts')))
  pool
    .command('set-concurrency-limit <name> <limit>')
    .description('let at most so many runs of a pool be under way at once')
    .action(lazy(() => import('./work-pool/set-concurrency-limit.ts')))
  pool
    .command('clear-concurrency-limit <name>')
    .description('let any number of runs of a pool be under way at once')
    .action(lazy(() => import('./work-pool/clear-concurrency-limit.ts')))
  pool
    .command('delete <name>')
    .description('delete a work pool with its queues; its runs stay')
    .option('--yes', 'do not ask')
    .action(lazy(() => import('./work-pool/delete.ts')))
  pool
    .command('get-default-base-job-template')
    .description('print the template that pools of a type get')
    .requiredOption('-t, --type <type>', 'the type of infrastructure')
    .option('-f, --file <path>', 'write it to a file')
    .action(lazy(() => import('./work-pool/get-default-base-job-template.ts')))
}
