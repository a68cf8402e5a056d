import { createWorkQueue } from '@aedile/core/client/work-queues'
import type { CliContext } from '../../cli-context.ts'
import { parseCount } from '../../options/parse-options.ts'

/** Creates a queue in a pool. */
export async function run(
  { client, print }: CliContext,
  options: { pool: string; priority?: string; concurrencyLimit?: string; description?: string },
  name: string,
): Promise<void> {
  const queue = await createWorkQueue(client, options.pool, {
    name,
    description: options.description ?? null,
    priority: parseCount('--priority', options.priority) ?? null,
    concurrency_limit: parseCount('--concurrency-limit', options.concurrencyLimit) ?? null,
  })
  await print.result(queue, () =>
    print.line(`Created queue ${queue.name} in pool ${options.pool} with priority ${queue.priority}.`),
  )
}
