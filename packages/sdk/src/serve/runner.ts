import type { ApiClient } from '@aedile/core/client/client'
import { getDeploymentScheduledFlowRuns } from '@aedile/core/client/deployments'
import { readFlowRun, setFlowRunState } from '@aedile/core/client/flow-runs'
import { pause } from '@aedile/core/client/pause'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import { isTerminal } from '@aedile/core/states'
import type { CancellationWatcher } from '../engine/cancellation-watcher.ts'
import { type RunProcess, startRunProcess } from './run-process.ts'

export type RunnerOptions = {
  client: ApiClient
  cancellations: CancellationWatcher
  deploymentId: string
  limit: number
  pollSeconds: number
  /** What a run's process gets beside our own environment. */
  environment: Record<string, string>
  tell: (sentence: string) => void
}

/** How far ahead runs are taken; their engine waits for their time. */
const PREFETCH_SECONDS = 10

/** Runs a served deployment: looks for due runs, starts a process for each, and sees to how they end. */
export class Runner {
  readonly #options: RunnerOptions
  readonly #running = new Map<string, { process: RunProcess; ended: Promise<void> }>()

  constructor(options: RunnerOptions) {
    this.#options = options
  }

  /** Polls until the signal fires. A server that is away is waited for. */
  async run(signal: AbortSignal): Promise<void> {
    const { tell, pollSeconds } = this.#options
    while (!signal.aborted) {
      try {
        await this.#startDueRuns(signal)
      } catch (error) {
        if (signal.aborted) return
        tell(`Runs could not be looked for, trying again in ${pollSeconds} s: ${String(error)}`)
      }
      await pause(pollSeconds, signal).catch(() => {})
    }
  }

  /** Tells every run's process to end and waits until it has; their runs are scheduled again. */
  async shutDown(): Promise<void> {
    for (const { process } of this.#running.values()) process.stop()
    await Promise.all([...this.#running.values()].map(({ ended }) => ended))
  }

  async #startDueRuns(signal: AbortSignal): Promise<void> {
    const { client, deploymentId, limit } = this.#options
    const due = await getDeploymentScheduledFlowRuns(client, [deploymentId], PREFETCH_SECONDS, { signal })
    const expected = (run: FlowRun) => run.next_scheduled_start_time ?? run.expected_start_time ?? ''
    for (const flowRun of due.sort((a, b) => expected(a).localeCompare(expected(b)))) {
      if (this.#running.size >= limit || signal.aborted) return
      if (!this.#running.has(flowRun.id)) await this.#claimAndStart(flowRun)
    }
  }

  /** Pending is the claim: two runners of one deployment ask for it, one gets it. */
  async #claimAndStart(flowRun: FlowRun): Promise<void> {
    const { client, tell, environment, cancellations } = this.#options
    const claim = await setFlowRunState(client, flowRun.id, { type: 'PENDING', name: 'Pending' })
    if (claim.status === 'ABORT' || claim.state?.type !== 'PENDING') return
    tell(`Starting the flow run '${flowRun.name}'.`)
    const process = startRunProcess(flowRun.id, environment)
    const unwatch = cancellations.watch(flowRun.id, () => process.stop())
    const ended = process.ended
      .then((ending) => this.#settle(flowRun, ending))
      .catch((error: unknown) => tell(`The end of '${flowRun.name}' could not be reported: ${String(error)}`))
      .finally(() => {
        unwatch()
        this.#running.delete(flowRun.id)
      })
    this.#running.set(flowRun.id, { process, ended })
  }

  /** A process that ended without telling is a crash; one that was cancelled is confirmed. */
  async #settle(flowRun: FlowRun, ending: { code: number | null; signal: NodeJS.Signals | null }): Promise<void> {
    const { client, tell } = this.#options
    const { state_type } = await readFlowRun(client, flowRun.id)
    if (state_type === 'CANCELLING') {
      const state = { type: 'CANCELLED' as const, message: 'Flow run was cancelled successfully.' }
      await setFlowRunState(client, flowRun.id, state, { force: true })
    } else if (ending.code !== 0 && !isTerminal(state_type) && state_type !== 'SCHEDULED') {
      const how = ending.code === null ? `was ended by ${ending.signal}` : `exited with non-zero status code ${ending.code}`
      await setFlowRunState(client, flowRun.id, { type: 'CRASHED', message: `Flow run process ${how}.` })
    }
    tell(`The process of '${flowRun.name}' has ended (${ending.signal ?? `exit code ${ending.code}`}).`)
  }
}
