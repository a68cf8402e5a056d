import { filterWorkPools } from '@aedile/core/client/work-pools'
import type { CliContext } from '../../cli-context.ts'

/** Lists the work pools. */
export async function run({ client, print }: CliContext): Promise<void> {
  const pools = await filterWorkPools(client)
  await print.result(pools, () =>
    print.table(
      ['Name', 'Type', 'Status', 'Limit', 'Description'],
      pools.map((pool) => [pool.name, pool.type, pool.status, pool.concurrency_limit ?? 'none', pool.description]),
      'There are no work pools yet. Create one: aedile work-pool create local --type process',
    ),
  )
}
