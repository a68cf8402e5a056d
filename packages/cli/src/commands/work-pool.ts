import { type Command, Option } from 'commander'
import { examples, lazy, repeatable } from '../action.ts'
import { addRenderOptions } from '../rendering/declare-options.ts'

/** `aedile work-pool ...` */
export function addWorkPoolCommands(program: Command): void {
  const pool = program.command('work-pool').description('places to run flows, each of one infrastructure type')
  pool
    .command('create <name>')
    .description('create a work pool')
    .requiredOption('-t, --type <type>', 'the type of infrastructure, e.g. process')
    .option('--base-job-template <file>', "a template in JSON; the type's own when not given")
    .addOption(new Option('--template <name>', "which of the type's own templates").choices(['default', 'extended']))
    .option('--no-lint', 'save a template that is not clean; what is wrong with it is kept as warnings')
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
    .option('--no-lint', 'save a template that is not clean; what is wrong with it is kept as warnings')
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
  addRenderOptions(
    pool
      .command('render <name>')
      .description('show what a worker of a pool would create; nothing is created or sent')
      .option('--deployment <name>', 'for a run of this deployment, as FLOW/NAME or its id')
      .option('--flow-run <id>', 'for this run'),
  )
    .addHelpText(
      'after',
      examples(
        'work-pool render cluster --deployment hello/nightly --explain',
        'work-pool render cluster --set image=hello:2 --output curl',
        'work-pool render cluster --deployment hello/nightly --diff DEFAULT',
      ),
    )
    .action(lazy(() => import('./work-pool/render.ts')))
  pool
    .command('get-default-base-job-template')
    .description('print the template that pools of a type get')
    .requiredOption('-t, --type <type>', 'the type of infrastructure')
    .option('-f, --file <path>', 'write it to a file')
    .action(lazy(() => import('./work-pool/get-default-base-job-template.ts')))
  pool
    .command('types <name>')
    .description("write TypeScript types of a pool's job variables, for `deploy()`")
    .option('-o, --output <file>', 'write them to a file')
    .addHelpText('after', examples('work-pool types cluster --output work-pools/cluster.ts'))
    .action(lazy(() => import('./work-pool/types.ts')))
  addTemplateCommands(pool)
}

/** `aedile work-pool template ...` */
function addTemplateCommands(pool: Command): void {
  const template = pool.command('template').description("a pool's base job template: what is wrong with it, what was edited")
  template
    .command('lint <pool-or-file>')
    .description('say what is wrong with the template of a pool or a file; fails when it is not clean')
    .addHelpText('after', examples('work-pool template lint cluster', 'work-pool template lint ./template.json'))
    .action(lazy(() => import('./work-pool/template/lint.ts')))
  template
    .command('diff <pool>')
    .description("show what a pool's template changes against its type's default")
    .option('--to <template>', 'default, extended or a file', 'default')
    .addHelpText('after', examples('work-pool template diff cluster', 'work-pool template diff cluster --to before.json --json'))
    .action(lazy(() => import('./work-pool/template/diff.ts')))
  template
    .command('upgrade <pool>')
    .description("merge the type's present default into a pool's edited template; conflicts are listed, never guessed")
    .option('--from <template>', 'what was edited: default, extended or a file. Without it, the nearest published default')
    .option(
      '--to <template>',
      'what to upgrade to: default, extended or a file. Without it, the default of the kind that was edited',
    )
    .option('--ours <pointer>', 'settle the conflict there, and those below, with your edit; `all` settles every one', repeatable)
    .option('--theirs <pointer>', 'settle it with the new default; both may be repeated, the nearest pointer wins', repeatable)
    .option('--dry-run', 'save nothing, show what would be')
    .option('--no-lint', 'save the result even if it is not clean')
    .addHelpText(
      'after',
      examples(
        'work-pool template upgrade cluster --dry-run',
        'work-pool template upgrade cluster --ours /job_configuration/image',
      ),
    )
    .action(lazy(() => import('./work-pool/template/upgrade.ts')))
}
