import { readWorkPool } from '@aedile/core/client/work-pools'
import { filterWorkQueues } from '@aedile/core/client/work-queues'
import { filterWorkers } from '@aedile/core/client/workers'
import type { CliContext } from '../../cli-context.ts'
import { findingText } from '../../templates/accept-template.ts'
import { findingsOf } from '../../templates/findings-of.ts'

/** Shows a work pool with its template, queues and workers. */
export async function run({ client, print }: CliContext, _: unknown, name: string): Promise<void> {
  const pool = await readWorkPool(client, name)
  const [queues, workers] = await Promise.all([filterWorkQueues(client, name), filterWorkers(client, name)])
  const findings = findingsOf(pool)
  await print.result({ ...pool, ...(findings.length > 0 && { aedile_warnings: findings }), queues, workers }, async () => {
    print.line(`${print.color.bold(pool.name)}  ${pool.type}  ${pool.status ?? ''}`)
    if (pool.description) print.line(pool.description)
    print.line(`Limit: ${pool.concurrency_limit ?? 'none'}\n`)
    await print.table(
      ['Queue', 'Priority', 'Status', 'Limit'],
      queues.map((queue) => [queue.name, queue.priority, queue.status, queue.concurrency_limit ?? 'none']),
      'No queues.',
    )
    print.line('')
    await print.table(
      ['Worker', 'Status', 'Last heartbeat'],
      workers.map((worker) => [worker.name, worker.status, worker.last_heartbeat_time]),
      `No worker yet. Start one: aedile worker start --pool ${pool.name}`,
    )
    if (findings.length > 0) {
      print.line(print.color.yellow(`\nThe base job template is not clean:`))
      for (const finding of findings) print.line(`  ${findingText(finding)}`)
    }
    print.line(`\nBase job template:\n${JSON.stringify(pool.base_job_template, null, 2)}`)
  })
}
