import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '@aedile/core/client/client'
import { filterFlowRuns } from '@aedile/core/client/flow-runs'
import { filterFlows } from '@aedile/core/client/flows'
import { filterLogs } from '@aedile/core/client/logs'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import { isTerminal } from '@aedile/core/states'

/** Tells every state and log line of all runs, as they come in. */
export class RunTicker {
  readonly #client: ApiClient
  readonly #say: (text: string) => void
  readonly #states = new Map<string, string | null>()
  readonly #names = new Map<string, string>()
  readonly #lines = new Map<string, string[]>()
  #seen = 0

  constructor(client: ApiClient, say: (text: string) => void) {
    this.#client = client
    this.#say = say
  }

  /** The first run that the deployment's schedule made and that is due. */
  async untilScheduled(deploymentId: string, seconds: number): Promise<string> {
    const deadline = performance.now() + seconds * 1000
    for (;;) {
      const runs = await this.#tick()
      const made = runs.find((run) => run.deployment_id === deploymentId && run.auto_scheduled && run.state_type !== 'SCHEDULED')
      if (made) return made.id
      if (performance.now() > deadline) throw new Error(`The schedule made no run within ${seconds} s`)
      await sleep(200)
    }
  }

  /** Waits until these runs have ended, and returns them. */
  async untilEnded(ids: string[], seconds: number): Promise<FlowRun[]> {
    const deadline = performance.now() + seconds * 1000
    for (;;) {
      const runs = (await this.#tick()).filter((run) => ids.includes(run.id))
      if (runs.length === ids.length && runs.every((run) => isTerminal(run.state_type))) {
        await this.#tick()
        return runs
      }
      if (performance.now() > deadline)
        throw new Error(`Not ended within ${seconds} s: ${runs.map((run) => `${run.name} ${run.state_name}`).join(', ')}`)
      await sleep(200)
    }
  }

  /** The log lines of a run. */
  linesOf(id: string): string[] {
    return this.#lines.get(id) ?? []
  }

  async #tick(): Promise<FlowRun[]> {
    const due = new Date(Date.now() + 5000).toISOString()
    const runs = await filterFlowRuns(this.#client, {
      flow_runs: { expected_start_time: { before_: due } },
      sort: 'EXPECTED_START_TIME_ASC',
    })
    for (const run of runs) {
      if (this.#states.get(run.id) === run.state_id) continue
      this.#states.set(run.id, run.state_id)
      if (!this.#names.has(run.id)) this.#names.set(run.id, `${await this.#flowName(run.flow_id)} ${run.name}`)
      this.#say(
        `  ${this.#label(run.id)} ${run.state_name?.toUpperCase()}${run.state?.message ? `: ${run.state.message.split('\n')[0]}` : ''}`,
      )
    }
    await this.#tellLogs()
    return runs
  }

  async #tellLogs(): Promise<void> {
    for (let page = 200; page === 200; ) {
      const logs = await filterLogs(this.#client, { sort: 'TIMESTAMP_ASC', limit: 200, offset: this.#seen })
      page = logs.length
      this.#seen += page
      for (const log of logs) {
        const id = log.flow_run_id ?? ''
        this.#lines.set(id, [...(this.#lines.get(id) ?? []), log.message])
        this.#say(`  ${this.#label(id)}   ${log.message}`)
      }
    }
  }

  #label(id: string): string {
    return (this.#names.get(id) ?? '').padEnd(32)
  }

  async #flowName(id: string): Promise<string> {
    const [flow] = await filterFlows(this.#client, { flows: { id: { any_: [id] } } })
    return flow?.name ?? 'flow'
  }
}
