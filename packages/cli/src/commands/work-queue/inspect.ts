import { readWorkQueue } from '@aedile/core/client/work-queues'
import type { CliContext } from '../../cli-context.ts'
import { timeText } from '../../text/state-text.ts'

/** Shows a queue. */
export async function run({ client, print }: CliContext, options: { pool: string }, name: string): Promise<void> {
  const queue = await readWorkQueue(client, options.pool, name)
  await print.result(queue, () => {
    print.line(`${print.color.bold(queue.name)} of pool ${options.pool}  ${queue.status ?? ''}`)
    if (queue.description) print.line(queue.description)
    print.line(
      `Priority ${queue.priority}, limit ${queue.concurrency_limit ?? 'none'}, last polled ${timeText(queue.last_polled) || 'never'}`,
    )
  })
}
