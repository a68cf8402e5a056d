import { COARSE_LOG_TIME, hasCoarseLogTimes } from '../coarse-log-times.ts'
import type { Migration } from './migration.ts'

/** SQLite's indexes of log lines hold tenths of a second, so that a batch of lines changes few pages of them. */
export const coarseLogTimes: Migration = {
  version: 5,
  name: 'coarse-log-times',
  worksWith: 1,
  async main() {},
  async bulk({ kind, run, createIndex }) {
    if (!hasCoarseLogTimes(kind)) return
    for (const name of ['log_flow_run', 'log_task_run', 'log_timestamp']) await run(`drop index if exists bulk.${name}_index`)
    await createIndex('log_flow_run', `log (flow_run_id, ${COARSE_LOG_TIME})`)
    await createIndex('log_task_run', `log (task_run_id, ${COARSE_LOG_TIME}) where task_run_id is not null`)
    await createIndex('log_timestamp', `log (${COARSE_LOG_TIME})`)
  },
}
