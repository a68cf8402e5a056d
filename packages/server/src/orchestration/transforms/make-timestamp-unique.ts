import type { FlowRunTable } from '../../store/tables.ts'
import { transform } from './transform.ts'

/** No two states of a run have the same timestamp, and a later state has a later one. */
export const makeTimestampUnique = transform<FlowRunTable>('MakeTimestampUnique', async ({ transaction, run, proposed }) => {
  if (run.state_timestamp === null || run.state_timestamp < proposed.timestamp) return
  const latest = await transaction.db
    .selectFrom('flow_run_state')
    .select('timestamp')
    .where('flow_run_id', '=', run.id)
    .where('timestamp', '>=', proposed.timestamp)
    .orderBy('timestamp')
    .execute()
  for (const { timestamp } of latest) if (timestamp === proposed.timestamp) proposed.timestamp += 1
})
