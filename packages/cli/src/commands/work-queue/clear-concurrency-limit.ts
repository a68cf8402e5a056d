import type { CliContext } from '../../cli-context.ts'
import { changeWorkQueue } from './change.ts'

/** `aedile work-queue clear-concurrency-limit` */
export async function run(context: CliContext, options: { pool: string }, name: string): Promise<void> {
  await changeWorkQueue(context, options.pool, name, { concurrency_limit: null }, `Queue ${name} has no limit any more.`)
}
