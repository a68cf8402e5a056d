import type { Command } from 'commander'
import { examples, lazy, repeatable } from '../action.ts'

/** `aedile worker ...` */
export function addWorkerCommands(program: Command): void {
  const worker = program.command('worker').description('take runs from a work pool and run them')
  worker
    .command('start')
    .description('start a worker')
    .requiredOption('-p, --pool <name>', 'the work pool to take runs from')
    .option('-n, --name <name>', 'the name of the worker; a worker that comes back under its name picks its runs up')
    .option('-q, --work-queue <name>', 'only take runs from this queue; may be repeated', repeatable)
    .option('-t, --type <type>', "the type of infrastructure; the pool's own when not given")
    .option('-l, --limit <number>', 'at most so many runs at once')
    .option('--prefetch-seconds <seconds>', 'claim runs that become due within so many seconds')
    .option('--run-once', 'run what is due now, then end')
    .option('--with-healthcheck', 'serve /health')
    .option('--base-job-template <file>', 'the template for the pool, if it is created here')
    .option('--no-create-pool-if-not-found', 'fail when the pool does not exist')
    .addHelpText(
      'after',
      examples('worker start --pool local', 'worker start --pool local --name night --limit 5 --work-queue urgent'),
    )
    .action(lazy(loadStart))
}

/** The heap is limited before what a worker needs is loaded into it. */
async function loadStart() {
  const { limitHeap } = await import('../compose/small-heap.ts')
  limitHeap()
  return import('./worker/start.ts')
}
