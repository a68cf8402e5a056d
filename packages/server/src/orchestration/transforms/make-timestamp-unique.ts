import type { Transaction } from '../../store/store.ts'
import type { FlowRunTable } from '../../store/tables.ts'
import type { RunState } from '../run-state.ts'
import { transform } from './transform.ts'

/** No two states of a run have the same timestamp, and a later state has a later one. */
export const makeTimestampUnique = transform<FlowRunTable>('MakeTimestampUnique', ({ transaction, run, proposed }) => {
  if (run.state_timestamp === null || run.state_timestamp < proposed.timestamp) return undefined
  return moveToFreeTime(transaction, run, proposed)
})

async function moveToFreeTime({ db }: Transaction, run: FlowRunTable, proposed: RunState): Promise<void> {
  const latest = await db
    .selectFrom('flow_run_state')
    .select('timestamp')
    .where('flow_run_id', '=', run.id)
    .where('timestamp', '>=', proposed.timestamp)
    .orderBy('timestamp')
    .execute()
  for (const { timestamp } of latest) if (timestamp === proposed.timestamp) proposed.timestamp += 1
}
