import type { CliContext } from '../../cli-context.ts'
import { parseCount } from '../../options/parse-options.ts'
import { changeWorkQueue } from './change.ts'

/** `aedile work-queue set-concurrency-limit` */
export async function run(context: CliContext, options: { pool: string }, name: string, limit: string): Promise<void> {
  const count = parseCount('The limit', limit)!
  const done = `At most ${count} runs of queue ${name} are under way at once now.`
  await changeWorkQueue(context, options.pool, name, { concurrency_limit: count }, done)
}
