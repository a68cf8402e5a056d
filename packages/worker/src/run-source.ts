import type { ApiClient } from '@aedile/core/client/client'
import { getScheduledFlowRuns } from '@aedile/core/client/work-pools'
import type { WorkerFlowRun } from '@aedile/core/resources/flow-run'

/** How due runs are asked for. Where the server delivers them (channel/dispatch-channel.ts), asking only closes gaps. */
export interface RunSource {
  /** The due runs of the pool, most urgent first, at most `limit`. */
  next(limit: number): Promise<WorkerFlowRun[]>
}

/** A server that is back is asked within ten seconds: the loop asks again soon enough, so one question does not wait long. */
const PATIENCE = { maxRetries: 0, timeoutSeconds: 15 }

/** Asks the server for what is due, and for what becomes due within the prefetch window. */
export class PollingRunSource implements RunSource {
  readonly #client: ApiClient
  readonly #workPool: string
  readonly #queueNames: string[]
  readonly #prefetchSeconds: () => number

  constructor(client: ApiClient, workPool: string, queueNames: string[], prefetchSeconds: () => number) {
    this.#client = client
    this.#workPool = workPool
    this.#queueNames = queueNames
    this.#prefetchSeconds = prefetchSeconds
  }

  async next(limit: number): Promise<WorkerFlowRun[]> {
    if (limit <= 0) return []
    const options = { queueNames: this.#queueNames, withinSeconds: this.#prefetchSeconds(), limit: Math.min(limit, 200) }
    return getScheduledFlowRuns(this.#client, this.#workPool, options, PATIENCE)
  }
}
