import { MICROSECONDS_PER_SECOND, nowMicroseconds } from '@aedile/core/time'
import { ignoreDeleted } from '../orchestration/ignore-deleted.ts'
import { buildState } from '../orchestration/run-state.ts'
import { setFlowRunState } from '../orchestration/set-flow-run-state.ts'
import { setTaskRunState } from '../orchestration/set-task-run-state.ts'
import type { Workspace } from '../workspace.ts'
import type { Service } from './service.ts'

const CANCELLING_TIMEOUT_SECONDS = 300
const LOOK_BACK_SECONDS = 86_400
const RUNS_PER_ROUND = 200
const PARENT_CANCELLED = 'The parent flow run was cancelled.'
const OPEN = ['SCHEDULED', 'PENDING', 'RUNNING', 'PAUSED', 'CANCELLING']

/**
 * Cancels what belongs to a cancelled flow run, and ends cancellations that nobody carried out. Not those of an attempt
 * whose worker speaks the protocol: there Cancelled means gone, so the run stays Cancelling until it is. Source: WC 4.5, 3.8.
 */
export class CancellationCleaner implements Service {
  readonly name = 'cancellation-cleaner'
  readonly intervalSeconds = 20
  readonly #workspace: Workspace

  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  async runOnce(signal: AbortSignal): Promise<void> {
    await this.#cancelTaskRuns(signal)
    await this.#cancelSubflows(signal)
    await this.#endStaleCancellations(signal)
  }

  async #cancelTaskRuns(signal: AbortSignal): Promise<void> {
    const left = await this.#workspace.store.db
      .selectFrom('flow_run')
      .innerJoin('task_run', 'task_run.flow_run_id', 'flow_run.id')
      .select('task_run.id')
      .where('flow_run.state_type', '=', 'CANCELLED')
      .where('flow_run.end_time', '>=', nowMicroseconds() - LOOK_BACK_SECONDS * MICROSECONDS_PER_SECOND)
      .where('task_run.state_type', 'in', OPEN)
      .limit(RUNS_PER_ROUND)
      .execute()
    for (const { id } of left) {
      if (signal.aborted) return
      const proposed = buildState({ type: 'CANCELLED', message: PARENT_CANCELLED })
      await setTaskRunState(this.#workspace, { taskRunId: id, proposed, force: true }).catch(ignoreDeleted)
    }
  }

  async #cancelSubflows(signal: AbortSignal): Promise<void> {
    const left = await this.#workspace.store.db
      .selectFrom('flow_run as subflow')
      .innerJoin('task_run', 'task_run.id', 'subflow.parent_task_run_id')
      .innerJoin('flow_run as parent', 'parent.id', 'task_run.flow_run_id')
      .select(['subflow.id', 'subflow.deployment_id'])
      .where('subflow.state_type', 'in', OPEN)
      .where('parent.state_type', '=', 'CANCELLED')
      .where((eb) => eb.or([eb('subflow.deployment_id', 'is', null), eb('subflow.state_type', '<>', 'CANCELLING')]))
      .limit(RUNS_PER_ROUND)
      .execute()
    for (const { id, deployment_id } of left) {
      if (signal.aborted) return
      const type = deployment_id === null ? 'CANCELLED' : 'CANCELLING'
      const proposed = buildState({ type, message: PARENT_CANCELLED })
      await setFlowRunState(this.#workspace, { flowRunId: id, proposed, force: true }).catch(ignoreDeleted)
    }
  }

  async #endStaleCancellations(signal: AbortSignal): Promise<void> {
    const stale = await this.#workspace.store.db
      .selectFrom('flow_run')
      .leftJoin('flow_run_attempt', 'flow_run_attempt.key', 'flow_run.attempt_key')
      .select('flow_run.id')
      .where('flow_run.state_type', '=', 'CANCELLING')
      .where('flow_run.state_timestamp', '<=', nowMicroseconds() - CANCELLING_TIMEOUT_SECONDS * MICROSECONDS_PER_SECOND)
      .where((eb) =>
        eb.or([
          eb('flow_run_attempt.key', 'is', null),
          eb('flow_run_attempt.phase', 'in', ['claimed', 'lapsed', 'reported', 'removed']),
        ]),
      )
      .orderBy('flow_run.state_timestamp')
      .limit(RUNS_PER_ROUND)
      .execute()
    for (const { id } of stale) {
      if (signal.aborted) return
      const message = 'Flow run cancellation timed out; marked this flow run as Cancelled.'
      const proposed = buildState({ type: 'CANCELLED', message })
      await setFlowRunState(this.#workspace, { flowRunId: id, proposed, onlyFrom: 'CANCELLING' }).catch(ignoreDeleted)
    }
  }
}
