import { readWorkQueue, updateWorkQueue } from '@aedile/core/client/work-queues'
import type { WorkQueueUpdate } from '@aedile/core/resources/work-pool'
import type { CliContext } from '../../cli-context.ts'

/** Changes a queue and says what it is now. */
export async function changeWorkQueue(
  { client, print }: CliContext,
  pool: string,
  name: string,
  changes: WorkQueueUpdate,
  done: string,
): Promise<void> {
  await updateWorkQueue(client, pool, name, changes)
  const queue = await readWorkQueue(client, pool, name)
  await print.result(queue, () => print.line(done))
}
