import { readWorkPool, updateWorkPool } from '@aedile/core/client/work-pools'
import type { WorkPoolUpdate } from '@aedile/core/resources/work-pool'
import type { CliContext } from '../../cli-context.ts'

/** Changes a work pool and says what it is now. */
export async function changeWorkPool(
  { client, print }: CliContext,
  name: string,
  changes: WorkPoolUpdate,
  done: string,
  linting: { lint?: 'strict' | 'warn' } = {},
): Promise<void> {
  await updateWorkPool(client, name, changes, linting)
  const pool = await readWorkPool(client, name)
  await print.result(pool, () => print.line(done))
}
