import { nowMicroseconds } from '@aedile/core/time'
import type { TaskRunTable } from '../../store/tables.ts'
import { ANY_OR_NONE, type Rule } from '../rule.ts'
import { copyState, stateOfRow } from '../run-state.ts'

/** A task whose result is in the cache does not run: its state becomes a copy of the cached one. */
export const retrieveCachedTask: Rule<TaskRunTable> = {
  name: 'RetrieveCachedTask',
  from: ANY_OR_NONE,
  to: ['RUNNING'],
  async apply(transition) {
    const key = transition.proposed?.state_details.cache_key
    if (!key || transition.proposed?.state_details.refresh_cache) return undefined
    const row = await transition.transaction.db
      .selectFrom('task_run_state_cache')
      .innerJoin('task_run_state', 'task_run_state.id', 'task_run_state_cache.task_run_state_id')
      .selectAll('task_run_state')
      .where('task_run_state_cache.cache_key', '=', key)
      .where((eb) => eb.or([eb('cache_expiration', 'is', null), eb('cache_expiration', '>', nowMicroseconds())]))
      .orderBy('task_run_state_cache.created', 'desc')
      .limit(1)
      .executeTakeFirst()
    if (row === undefined) return undefined
    transition.reject({ ...copyState(stateOfRow(row)), name: 'Cached' }, 'Retrieved state from cache')
    return undefined
  },
}
