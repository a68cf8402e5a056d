import type { Migration } from './migration.ts'

/** Runs without a queue or a deployment leave the indexes that are asked by queue or deployment: each index costs every change of state. */
export const sparseIndexes: Migration = {
  version: 4,
  name: 'sparse-indexes',
  worksWith: 1,
  async main({ kind, run }) {
    const prefix = kind === 'sqlite' ? 'main.' : ''
    const replace = async (name: string, on: string) => {
      await run(`drop index if exists ${prefix}flow_run_${name}_index`)
      await run(`create index ${prefix}flow_run_${name}_index on flow_run ${on}`)
    }
    const isScheduled = `state_type = 'SCHEDULED'`
    await replace('dispatch', `(work_queue_id, next_scheduled_start_time) where ${isScheduled} and work_queue_id is not null`)
    await replace('scheduled', `(deployment_id, next_scheduled_start_time) where ${isScheduled} and deployment_id is not null`)
    await replace('queue_state', '(work_queue_id, state_type) where work_queue_id is not null')
    await replace('deployment', '(deployment_id, expected_start_time) where deployment_id is not null')
  },
  async bulk() {},
}
