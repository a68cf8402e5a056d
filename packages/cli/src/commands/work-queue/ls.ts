import { filterWorkQueues } from '@aedile/core/client/work-queues'
import type { CliContext } from '../../cli-context.ts'
import { timeText } from '../../text/state-text.ts'

/** Lists the queues of a pool. */
export async function run({ client, print }: CliContext, options: { pool: string }): Promise<void> {
  const queues = await filterWorkQueues(client, options.pool)
  await print.result(queues, () =>
    print.table(
      ['Name', 'Priority', 'Status', 'Limit', 'Last polled (UTC)'],
      queues.map((queue) => [
        queue.name,
        queue.priority,
        queue.status,
        queue.concurrency_limit ?? 'none',
        timeText(queue.last_polled),
      ]),
      `Pool ${options.pool} has no queues.`,
    ),
  )
}
