import type { CliContext } from '../../cli-context.ts'
import { changeWorkQueue } from './change.ts'

/** `aedile work-queue pause` */
export async function run(context: CliContext, options: { pool: string }, name: string): Promise<void> {
  await changeWorkQueue(
    context,
    options.pool,
    name,
    { is_paused: true },
    `Paused queue ${name}. Workers take no more runs from it.`,
  )
}
