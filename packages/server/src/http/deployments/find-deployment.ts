import type { Kysely } from 'kysely'
import type { Transaction } from '../../store/store.ts'
import type { Database, DeploymentTable } from '../../store/tables.ts'
import { HttpError } from '../route.ts'

/** The deployment of an id. @throws HttpError 404 when there is none. */
export async function findDeployment(
  db: Kysely<Database>,
  id: string,
  detail = 'Deployment not found',
): Promise<DeploymentTable> {
  const row = await db.selectFrom('deployment').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw new HttpError(404, detail)
  return row
}

/** The same, locked until the transaction ends: two writers of one deployment take turns. */
export async function lockDeployment(
  transaction: Transaction,
  id: string,
  detail = 'Deployment not found',
): Promise<DeploymentTable> {
  const query = transaction.db.selectFrom('deployment').selectAll().where('id', '=', id)
  const row = await (transaction.kind === 'postgres' ? query.forUpdate() : query).executeTakeFirst()
  if (!row) throw new HttpError(404, detail)
  return row
}
