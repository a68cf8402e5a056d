import type { Command } from 'commander'
import { examples, lazy } from '../action.ts'

/** `aedile config ...` */
export function addConfigCommands(program: Command): void {
  const config = program.command('config').description('settings of the active profile')
  config
    .command('view')
    .description('show the settings that are set, and where each came from')
    .option('--all', 'show the defaults too')
    .option('--show-secrets', 'show secrets as they are')
    .action(lazy(() => import('./config/view.ts')))
  config
    .command('set <assignments...>')
    .description('set values, each as NAME=VALUE')
    .addHelpText('after', examples('config set AEDILE_API_URL=http://127.0.0.1:4200/api'))
    .action(lazy(() => import('./config/set.ts')))
  config
    .command('unset <names...>')
    .description('remove values')
    .action(lazy(() => import('./config/unset.ts')))
  config
    .command('validate')
    .description('check profile and environment for unknown and ill-typed settings')
    .action(lazy(() => import('./config/validate.ts')))
}
