import { formatTimestamp, MICROSECONDS_PER_SECOND, nowMicroseconds } from '@aedile/core/time'
import { sql } from 'kysely'
import { ignoreDeleted } from '../orchestration/ignore-deleted.ts'
import { markLateRunsPolicy } from '../orchestration/rules/index.ts'
import { buildState } from '../orchestration/run-state.ts'
import { setFlowRunState } from '../orchestration/set-flow-run-state.ts'
import type { Workspace } from '../workspace.ts'
import type { Service } from './service.ts'

/** A run is late when nobody took it for this long. */
const LATE_AFTER_SECONDS = 15
const RUNS_PER_ROUND = 400

/** Marks runs that should have been taken by now as Late. Source: WC 4.5. */
export class LateRunMarker implements Service {
  readonly name = 'late-run-marker'
  readonly intervalSeconds = 5
  readonly #workspace: Workspace

  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  async runOnce(signal: AbortSignal): Promise<void> {
    const before = nowMicroseconds() - LATE_AFTER_SECONDS * MICROSECONDS_PER_SECOND
    const late = await this.#workspace.store.db
      .selectFrom('flow_run')
      .select(['id', 'next_scheduled_start_time'])
      // Written into the statement: SQLite uses the index of scheduled runs only then.
      .where(sql<boolean>`state_type = 'SCHEDULED'`)
      // Wrapped, so that not the index of names is taken, which has all runs of the future too.
      .where(sql<boolean>`coalesce(state_name, '') = 'Scheduled'`)
      .where('next_scheduled_start_time', '<=', before)
      .limit(RUNS_PER_ROUND)
      .execute()
    for (const run of late) {
      if (signal.aborted) return
      const details = { scheduled_time: formatTimestamp(run.next_scheduled_start_time!) }
      const proposed = buildState({ type: 'SCHEDULED', name: 'Late', details })
      await setFlowRunState(this.#workspace, { flowRunId: run.id, proposed, policy: markLateRunsPolicy }).catch(ignoreDeleted)
    }
  }
}
