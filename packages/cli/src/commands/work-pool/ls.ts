import { filterWorkPools } from '@aedile/core/client/work-pools'
import type { CliContext } from '../../cli-context.ts'
import { findingsOf } from '../../templates/findings-of.ts'

/** Lists the work pools. */
export async function run({ client, print }: CliContext): Promise<void> {
  const pools = await filterWorkPools(client)
  await print.result(pools, () =>
    print.table(
      ['Name', 'Type', 'Status', 'Limit', 'Template', 'Description'],
      pools.map((pool) => [
        pool.name,
        pool.type,
        pool.status,
        pool.concurrency_limit ?? 'none',
        countText(findingsOf(pool).length),
        pool.description,
      ]),
      'There are no work pools yet. Create one: aedile work-pool create local --type process',
    ),
  )
}

function countText(count: number): string {
  return count === 0 ? '' : count === 1 ? '1 warning' : `${count} warnings`
}
