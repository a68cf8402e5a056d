import type { Command } from 'commander'
import { examples, lazy, repeatable } from '../action.ts'
import { addRenderOptions } from '../rendering/declare-options.ts'

/** `aedile deployment ...` */
export function addDeploymentCommands(program: Command): void {
  const deployment = program.command('deployment').description('flows with where and how they run; named FLOW/NAME')
  deployment
    .command('ls')
    .description('list the deployments')
    .action(lazy(() => import('./deployment/ls.ts')))
  deployment
    .command('inspect <name>')
    .description('show a deployment')
    .action(lazy(() => import('./deployment/inspect.ts')))
  deployment
    .command('run <name>')
    .description('create a run of a deployment')
    .option('--param <assignment>', 'a parameter, as NAME=JSON; may be repeated', repeatable)
    .option('--params <json>', 'all parameters as one JSON object')
    .option('--job-variable <assignment>', 'a job variable, as NAME=JSON; may be repeated', repeatable)
    .option('--allow-unknown-variables', 'only warn of job variables that the pool does not know')
    .option('--start-at <time>', 'when to run it, in ISO 8601')
    .option('--start-in <seconds>', 'run it in so many seconds')
    .option('--name <name>', 'the name of the run')
    .option('--tag <tag>', 'a tag of the run; may be repeated', repeatable)
    .option('--watch', 'print states and logs until the run has ended')
    .addHelpText(
      'after',
      examples('deployment run hello/local --watch', `deployment run hello/local --param 'names=["Ada"]' --start-in 60`),
    )
    .action(lazy(() => import('./deployment/run.ts')))
  addRenderOptions(
    deployment.command('render <name>').description('show what a run of a deployment would create; nothing is created or sent'),
  )
    .addHelpText(
      'after',
      examples('deployment render hello/local --explain', 'deployment render hello/local --set image=hello:2 --diff hello/local'),
    )
    .action(lazy(() => import('./deployment/render.ts')))
  deployment
    .command('pause <name>')
    .description('create no more runs by schedule')
    .action(lazy(() => import('./deployment/pause.ts')))
  deployment
    .command('resume <name>')
    .description('create runs by schedule again')
    .action(lazy(() => import('./deployment/resume.ts')))
  deployment
    .command('delete <name>')
    .description('delete a deployment with the runs that are scheduled for it')
    .option('--yes', 'do not ask')
    .action(lazy(() => import('./deployment/delete.ts')))

  const schedule = deployment.command('schedule').description('the schedules of a deployment')
  schedule
    .command('ls <name>')
    .description('list the schedules')
    .action(lazy(() => import('./deployment/schedule-ls.ts')))
  schedule
    .command('create <name>')
    .description('add a schedule')
    .option('--cron <expression>', 'a cron expression')
    .option('--interval <seconds>', 'every so many seconds')
    .option('--rrule <rule>', 'an RFC 5545 recurrence')
    .option('--timezone <zone>', 'the zone, e.g. Europe/Rome')
    .option('--anchor-date <time>', 'where an interval begins')
    .option('--slug <slug>', 'a name by which later deploys find it')
    .option('--paused', 'add it paused')
    .addHelpText('after', examples('deployment schedule create hello/local --cron "0 6 * * 1-5" --timezone Europe/Rome'))
    .action(lazy(() => import('./deployment/schedule-create.ts')))
  schedule
    .command('pause <name> <schedule-id>')
    .description('pause one schedule')
    .action(lazy(() => import('./deployment/schedule-pause.ts')))
  schedule
    .command('resume <name> <schedule-id>')
    .description('resume one schedule')
    .action(lazy(() => import('./deployment/schedule-resume.ts')))
  schedule
    .command('delete <name> <schedule-id>')
    .description('remove one schedule')
    .action(lazy(() => import('./deployment/schedule-delete.ts')))
}
