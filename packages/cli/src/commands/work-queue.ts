import type { Command } from 'commander'
import { examples, lazy } from '../action.ts'

/** `aedile work-queue ...` */
export function addWorkQueueCommands(program: Command): void {
  const queue = program.command('work-queue').description('ordered parts of a work pool')
  const inPool = (name: string, description: string) =>
    queue.command(name).description(description).requiredOption('-p, --pool <name>', 'the work pool')
  inPool('create <name>', 'create a queue')
    .option('--priority <number>', '1 goes first')
    .option('--concurrency-limit <number>', 'at most so many runs at once')
    .option('--description <text>', 'what the queue is for')
    .addHelpText('after', examples('work-queue create urgent --pool local --priority 1'))
    .action(lazy(() => import('./work-queue/create.ts')))
  inPool('ls', 'list the queues of a pool, the most urgent first').action(lazy(() => import('./work-queue/ls.ts')))
  inPool('inspect <name>', 'show a queue').action(lazy(() => import('./work-queue/inspect.ts')))
  inPool('pause <name>', 'take no more runs from a queue').action(lazy(() => import('./work-queue/pause.ts')))
  inPool('resume <name>', 'take runs from a paused queue again').action(lazy(() => import('./work-queue/resume.ts')))
  inPool('set-concurrency-limit <name> <limit>', 'let at most so many runs of a queue be under way at once').action(
    lazy(() => import('./work-queue/set-concurrency-limit.ts')),
  )
  inPool('clear-concurrency-limit <name>', 'let any number of runs of a queue be under way at once').action(
    lazy(() => import('./work-queue/clear-concurrency-limit.ts')),
  )
  inPool('delete <name>', 'delete a queue; its runs stay')
    .option('--yes', 'do not ask')
    .action(lazy(() => import('./work-queue/delete.ts')))
}
