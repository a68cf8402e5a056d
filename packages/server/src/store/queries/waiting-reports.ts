import type { ReceivedEvent } from '@aedile/core/resources/event'
import { nowMicroseconds } from '@aedile/core/time'
import type { Transaction } from '../store.ts'

/** The row of the outbox that keeps a report until its flow run is there. */
export type WaitingReport = { event: ReceivedEvent; attempts: number }

/** Keeps reports of task runs in the outbox, to be tried again. */
export async function keepWaiting({ db }: Transaction, reports: readonly WaitingReport[]): Promise<void> {
  if (reports.length === 0) return
  const created = nowMicroseconds()
  const rows = reports.map((report) => ({ kind: 'task-run-event', payload: JSON.stringify(report), created }))
  await db.insertInto('outbox').values(rows).execute()
}
