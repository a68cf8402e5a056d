import { nowMicroseconds, parseTimestamp } from '@aedile/core/time'
import { ignoreDeleted } from '../orchestration/ignore-deleted.ts'
import { buildState, stateOfRow } from '../orchestration/run-state.ts'
import { setFlowRunState } from '../orchestration/set-flow-run-state.ts'
import type { Workspace } from '../workspace.ts'
import type { Service } from './service.ts'

const RUNS_PER_READ = 200

/** Fails runs that were paused and never resumed. Source: WC 4.5. */
export class PauseExpirer implements Service {
  readonly name = 'pause-expirer'
  readonly intervalSeconds = 5
  readonly #workspace: Workspace

  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  async runOnce(signal: AbortSignal): Promise<void> {
    let last = ''
    for (;;) {
      const paused = await this.#readPaused(last)
      for (const { run_id, ...state } of paused) {
        if (signal.aborted) return
        const timeout = parseTimestamp(stateOfRow(state).state_details.pause_timeout)
        if (timeout !== null && timeout < nowMicroseconds()) await this.#fail(run_id)
      }
      if (paused.length < RUNS_PER_READ) return
      last = paused.at(-1)!.run_id
    }
  }

  #readPaused(last: string) {
    const runs = this.#workspace.store.db
      .selectFrom('flow_run')
      .innerJoin('flow_run_state', 'flow_run_state.id', 'flow_run.state_id')
      .selectAll('flow_run_state')
      .select('flow_run.id as run_id')
      .where('flow_run.state_type', '=', 'PAUSED')
      .orderBy('flow_run.id')
      .limit(RUNS_PER_READ)
    return (last === '' ? runs : runs.where('flow_run.id', '>', last)).execute()
  }

  async #fail(flowRunId: string): Promise<void> {
    const proposed = buildState({ type: 'FAILED', message: 'The flow was paused and never resumed.' })
    await setFlowRunState(this.#workspace, { flowRunId, proposed, force: true, onlyFrom: 'PAUSED' }).catch(ignoreDeleted)
  }
}
