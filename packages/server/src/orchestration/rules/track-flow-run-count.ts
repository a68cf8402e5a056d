import type { TaskRunTable } from '../../store/tables.ts'
import { ANY_OR_NONE, type Rule } from '../rule.ts'

/** A task run remembers in which run of its flow it ran. */
export const trackFlowRunCount: Rule<TaskRunTable> = {
  name: 'TrackFlowRunCount',
  from: ANY_OR_NONE,
  to: ['RUNNING'],
  apply({ transaction, run }) {
    const flowRunId = run.flow_run_id
    if (flowRunId === null) return undefined
    return {
      async after() {
        const { db } = transaction
        const flowRun = await db.selectFrom('flow_run').select('run_count').where('id', '=', flowRunId).executeTakeFirst()
        if (flowRun !== undefined) run.flow_run_run_count = flowRun.run_count
      },
    }
  },
}
