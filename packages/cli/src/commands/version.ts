import type { Command } from 'commander'
import { lazy } from '../action.ts'

/** `aedile version` */
export function addVersionCommand(program: Command): void {
  program
    .command('version')
    .description('print the versions of aedile, of the API that it speaks, and of Node')
    .action(lazy(() => import('./version/print.ts')))
}
