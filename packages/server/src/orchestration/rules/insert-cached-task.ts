import { nowMicroseconds, parseTimestamp } from '@aedile/core/time'
import type { TaskRunTable } from '../../store/tables.ts'
import { ANY_OR_NONE, type Rule } from '../rule.ts'

const MAX_CACHE_KEY_LENGTH = 2000

/** A completed task with a cache key is remembered for later ones. */
export const insertCachedTask: Rule<TaskRunTable> = {
  name: 'InsertCachedTask',
  from: ANY_OR_NONE,
  to: ['COMPLETED'],
  apply(transition) {
    const { proposed, transaction } = transition
    const key = proposed?.state_details.cache_key
    if (proposed && key && key.length > MAX_CACHE_KEY_LENGTH) {
      transition.reject(proposed, `Cache key exceeded maximum allowed length of ${MAX_CACHE_KEY_LENGTH} characters.`)
    }
    return {
      async after(validated) {
        if (!validated?.state_details.cache_key) return
        const entry = {
          cache_key: validated.state_details.cache_key,
          cache_expiration: parseTimestamp(validated.state_details.cache_expiration),
          task_run_state_id: validated.id,
          created: nowMicroseconds(),
        }
        await transaction.db.insertInto('task_run_state_cache').values(entry).execute()
      },
    }
  },
}
