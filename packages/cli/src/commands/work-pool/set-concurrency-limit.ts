import type { CliContext } from '../../cli-context.ts'
import { parseCount } from '../../options/parse-options.ts'
import { changeWorkPool } from './change.ts'

/** `aedile work-pool set-concurrency-limit` */
export async function run(context: CliContext, _: unknown, name: string, limit: string): Promise<void> {
  const count = parseCount('The limit', limit)!
  await changeWorkPool(
    context,
    name,
    { concurrency_limit: count },
    `At most ${count} runs of work pool ${name} are under way at once now.`,
  )
}
