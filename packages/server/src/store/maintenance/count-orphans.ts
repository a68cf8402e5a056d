import { sql } from 'kysely'
import type { Store } from '../store.ts'
import type { Finding } from './check-database.ts'

/** What foreign keys cannot hold, because the tables refer to each other in a circle or stand in another file. */
const questions: Record<string, string> = {
  'flow runs whose state is missing':
    'from flow_run where state_id is not null and not exists (select 1 from flow_run_state s where s.id = flow_run.state_id)',
  'flow runs with another state than their latest':
    'from flow_run join flow_run_state s on s.id = flow_run.state_id where s.type <> flow_run.state_type',
  'task runs whose state is missing':
    'from task_run where state_id is not null and not exists (select 1 from task_run_state s where s.id = task_run.state_id)',
  'work pools whose default queue is missing':
    'from work_pool where default_queue_id is not null and not exists (select 1 from work_queue q where q.id = work_pool.default_queue_id)',
  'latest artifacts that are missing':
    'from artifact_collection c where not exists (select 1 from artifact a where a.id = c.latest_id)',
  'resources of events that are missing':
    'from event_resource r where not exists (select 1 from event e where e.id = r.event_id)',
}

/** Counts rows that refer to nothing, one finding per kind. */
export async function countOrphans(store: Store): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [check, from] of Object.entries(questions)) {
    const query = sql<{ count: number }>`select count(*) as count ${sql.raw(from)}`.compile(store.db)
    const [row] = await store.search(query)
    findings.push({ check, ok: row!.count === 0, detail: String(row!.count) })
  }
  return findings
}
