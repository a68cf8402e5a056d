import { isStarted } from '@aedile/core/attempts/transitions'
import type { FlowRunTable } from '../../store/tables.ts'
import { fromRow, lockAttempt } from '../attempts/attempt-row.ts'
import type { Rule } from '../rule.ts'

/**
 * Cancelled means gone. A child cannot say that of itself, nor of what else it started: while the attempt is started, the
 * run stays Cancelling, forced or not. Its worker says Cancelled, after it said that the attempt has ended. Somebody who
 * names no attempt, a person above all, may decide otherwise.
 */
export const keepCancellingWhileStarted: Rule<FlowRunTable> = {
  name: 'KeepCancellingWhileStarted',
  from: ['CANCELLING'],
  to: ['CANCELLED'],
  async apply(transition) {
    const { transaction, run, client } = transition
    if (client.attemptHeader === null || client.attemptHeader !== run.attempt_key) return undefined
    const attempt = await lockAttempt(transaction, run.attempt_key)
    if (attempt === null || !isStarted(fromRow(attempt))) return undefined
    transition.reject(null, 'The worker of this flow run says Cancelled when nothing of it is left.')
    return undefined
  },
}
