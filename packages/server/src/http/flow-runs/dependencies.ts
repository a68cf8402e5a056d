import { durationSeconds, timestamp, uuid } from '@aedile/core/resources/scalars'
import { state } from '@aedile/core/resources/state'
import { taskRunInput } from '@aedile/core/resources/task-run'
import { z } from 'zod'
import type { Store } from '../../store/store.ts'
import { HttpError } from '../route.ts'
import { searchTaskRuns } from '../task-runs/search.ts'

/** As many task runs as one search answers. */
const MOST_TASK_RUNS = 200

/** A task run with what it depends on: the first form of the graph. */
export const taskRunDependencies = z.object({
  id: uuid,
  name: z.string(),
  upstream_dependencies: z.array(taskRunInput),
  state: state.nullable(),
  expected_start_time: timestamp.nullable(),
  start_time: timestamp.nullable(),
  end_time: timestamp.nullable(),
  total_run_time: durationSeconds.nullable(),
  estimated_run_time: durationSeconds.nullable(),
  untrackable_result: z.boolean(),
})

/** Reads the task runs of a flow run with what they depend on. */
export async function readDependencies(store: Store, id: string): Promise<z.output<typeof taskRunDependencies>[]> {
  const run = await store.db.selectFrom('flow_run').select('id').where('id', '=', id).executeTakeFirst()
  if (run === undefined) throw new HttpError(404, { exception_message: `Flow run with id ${id} not found` })
  const flow_runs = { operator: 'and_' as const, id: { operator: 'and_' as const, any_: [id] } }
  const page = { limit: MOST_TASK_RUNS, offset: 0 }
  const taskRuns = await searchTaskRuns(store, { flow_runs }, 'ID_DESC', page)
  return taskRuns.map((taskRun) => ({
    id: taskRun.id,
    name: taskRun.name,
    upstream_dependencies: Object.values(taskRun.task_inputs).flat(),
    state: taskRun.state,
    expected_start_time: taskRun.expected_start_time,
    start_time: taskRun.start_time,
    end_time: taskRun.end_time,
    total_run_time: taskRun.total_run_time,
    estimated_run_time: taskRun.estimated_run_time,
    untrackable_result: taskRun.state?.state_details.untrackable_result ?? false,
  }))
}
