import { answerStatus } from '@aedile/core/client/answer'
import { acquireSlots, releaseSlots } from '@aedile/core/client/concurrency-limits'
import { pause } from '@aedile/core/client/pause'
import { parseRetryAfter } from '@aedile/core/client/retry'
import { isAedileError } from '@aedile/core/errors'
import type { Session } from '../session.ts'
import { keepLease } from './lease-keeper.ts'

const LEASE_SECONDS = 60
const LOCKED = 423

/** Slots that a task run holds. */
export type HeldSlots = { release: () => Promise<void> }

/**
 * Takes a slot of every limit on the task's tags, waiting until there is one. Tags without a limit cost nothing; without
 * a server there are no limits. Source: WC 1.3.
 */
export async function acquireTagSlots(
  session: Session,
  tags: readonly string[],
  taskRunId: string,
  signal: AbortSignal,
): Promise<HeldSlots | null> {
  const { client } = session
  if (!client || tags.length === 0) return null
  const names = tags.map((tag) => `tag:${tag}`)
  const body = { names, slots: 1, lease_duration: LEASE_SECONDS, holder: { type: 'task_run' as const, id: taskRunId } }
  for (;;) {
    try {
      const { lease_id, limits } = await acquireSlots(client, body, { signal })
      if (limits.length === 0) return null
      const tellLost = (error: unknown) => session.tell(`The slot of ${names.join(', ')} was lost: ${String(error)}`)
      const stop = keepLease(client, lease_id, LEASE_SECONDS, tellLost)
      return {
        release: async () => {
          stop()
          await releaseSlots(client, lease_id).catch(tellLost)
        },
      }
    } catch (error) {
      if (answerStatus(error) !== LOCKED || !isAedileError(error)) throw error
      await pause(parseRetryAfter(String(error.details.retryAfter ?? ''), Date.now()) ?? 2, signal)
    }
  }
}
