import type { Log } from '../resources/log.ts'
import { parseTimestamp } from '../time.ts'
import type { LogFilter } from './log.ts'

/** Turns a filter into a test for log lines on their way. Text and operator count in searches only, see WC 2.4. */
export function compileLogFilter(filter: LogFilter): (log: Log) => boolean {
  const { level, flow_run_id, task_run_id } = filter
  const before = parseTimestamp(filter.timestamp?.before_) ?? Number.POSITIVE_INFINITY
  const after = parseTimestamp(filter.timestamp?.after_) ?? Number.NEGATIVE_INFINITY
  return (log) => {
    const time = parseTimestamp(log.timestamp) ?? 0
    if (time > before || time < after) return false
    if (level?.ge_ != null && log.level < level.ge_) return false
    if (level?.le_ != null && log.level > level.le_) return false
    if (flow_run_id?.any_ && !isListed(log.flow_run_id, flow_run_id.any_)) return false
    if (task_run_id?.any_ && !isListed(log.task_run_id, task_run_id.any_)) return false
    return task_run_id?.is_null_ == null || task_run_id.is_null_ === (log.task_run_id === null)
  }
}

function isListed(id: string | null, ids: readonly string[]): boolean {
  return id !== null && ids.includes(id)
}
