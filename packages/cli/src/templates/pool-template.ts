import { readWorkPool } from '@aedile/core/client/work-pools'
import type { InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import type { WorkPool } from '@aedile/core/resources/work-pool'
import type { CliContext } from '../cli-context.ts'
import { findInfrastructures, loadDefinition } from '../compose/infrastructures.ts'

/** A pool, the numbers of its template as they are written, and the definition of its type. */
export async function readPoolAndType(
  context: CliContext,
  name: string,
): Promise<{ pool: WorkPool; definition: InfrastructureDefinition }> {
  const pool = await readWorkPool(context.client, name, { exactNumbers: ['base_job_template'] })
  return { pool, definition: await loadDefinition(findInfrastructures(context.infrastructures), pool.type) }
}
