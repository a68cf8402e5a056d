import type { Command } from 'commander'
import { examples, lazy } from '../action.ts'

/** `aedile server ...` */
export function addServerCommands(program: Command): void {
  const server = program.command('server').description('start, stop and look after the server')
  server
    .command('start')
    .description('start the server; it keeps everything in one database and needs nothing else')
    .option('--host <address>', 'the address to listen on')
    .option('--port <port>', 'the port to listen on; 0 takes a free one')
    .option('--database <url>', 'sqlite:///path or postgres://user:password@host/name')
    .option('--insecure', 'listen beyond this machine without authentication')
    .option('--background', 'start it and return')
    .option('--log-level <level>', 'trace, debug, info, warn or error')
    .addHelpText(
      'after',
      examples('server start', 'server start --port 4300 --database postgres://aedile@db/aedile', 'server start --background'),
    )
    .action(lazy(() => import('./server/start.ts')))
  server
    .command('stop')
    .description('stop the server of this home directory')
    .action(lazy(() => import('./server/stop.ts')))
  server
    .command('status')
    .description('tell whether the server of this home directory runs')
    .action(lazy(() => import('./server/status.ts')))

  const database = server.command('database').description("look after the server's database")
  database
    .command('upgrade')
    .description('bring the database to the version of this aedile')
    .option('--database <url>', 'the database; that of the settings otherwise')
    .action(lazy(() => import('./server/database-upgrade.ts')))
  database
    .command('reset')
    .description('delete everything in the database')
    .option('--database <url>', 'the database; that of the settings otherwise')
    .option('--yes', 'do not ask')
    .action(lazy(() => import('./server/database-reset.ts')))
  database
    .command('backup <folder>')
    .description('copy the database into a folder, also while the server runs')
    .option('--database <url>', 'the database; that of the settings otherwise')
    .action(lazy(() => import('./server/database-backup.ts')))
  database
    .command('check')
    .description('check the database for damage')
    .option('--database <url>', 'the database; that of the settings otherwise')
    .action(lazy(() => import('./server/database-check.ts')))
}
