import type { CliContext } from '../../cli-context.ts'
import { changeWorkPool } from './change.ts'

/** `aedile work-pool clear-concurrency-limit` */
export async function run(context: CliContext, _: unknown, name: string): Promise<void> {
  await changeWorkPool(context, name, { concurrency_limit: null }, `Work pool ${name} has no limit any more.`)
}
