import { deleteWorkQueue, readWorkQueue } from '@aedile/core/client/work-queues'
import type { CliContext } from '../../cli-context.ts'
import { confirmDeletion } from '../../options/confirm.ts'

/** Deletes a queue. */
export async function run({ client, print }: CliContext, options: { pool: string; yes?: boolean }, name: string): Promise<void> {
  await readWorkQueue(client, options.pool, name)
  await confirmDeletion(options.yes, `Delete queue ${name} of pool ${options.pool}? Its runs stay.`)
  await deleteWorkQueue(client, options.pool, name)
  await print.result({ deleted: name }, () => print.line(`Deleted queue ${name}.`))
}
