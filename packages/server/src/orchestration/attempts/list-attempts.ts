import type { Attempt } from '@aedile/core/attempts/messages'
import type { Store } from '../../store/store.ts'
import { toWireAttempts } from './output-cursor.ts'

/** What a worker that comes back has open: everything of its name that neither lapsed nor was removed. */
export async function listOpenAttempts(store: Store, worker: { name: string; pool?: string | undefined }): Promise<Attempt[]> {
  let query = store.db
    .selectFrom('flow_run_attempt')
    .selectAll()
    .where('worker', '=', worker.name)
    .where('phase', 'not in', ['removed', 'lapsed'])
    .orderBy('created')
  if (worker.pool !== undefined) query = query.where('work_pool_name', '=', worker.pool)
  return toWireAttempts(store.db, await query.execute())
}
