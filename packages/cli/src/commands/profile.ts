import type { Command } from 'commander'
import { examples, lazy } from '../action.ts'

/** `aedile profile ...` */
export function addProfileCommands(program: Command): void {
  const profile = program.command('profile').description('named sets of settings, one of them active')
  profile
    .command('ls')
    .description('list the profiles')
    .action(lazy(() => import('./profile/ls.ts')))
  profile
    .command('create <name>')
    .description('make a profile')
    .option('--from <name>', 'begin with the values of another')
    .addHelpText('after', examples('profile create production --from default'))
    .action(lazy(() => import('./profile/create.ts')))
  profile
    .command('use <name>')
    .description('make a profile the active one')
    .action(lazy(() => import('./profile/use.ts')))
  profile
    .command('inspect [name]')
    .description('show the values of a profile')
    .action(lazy(() => import('./profile/inspect.ts')))
  profile
    .command('rename <name> <new-name>')
    .description('give a profile another name')
    .action(lazy(() => import('./profile/rename.ts')))
  profile
    .command('delete <name>')
    .description('remove a profile that is not active')
    .action(lazy(() => import('./profile/delete.ts')))
}
