import type { Handle, Outcome, RunContext } from '@aedile/core/infrastructure-definition'
import type { WorkerFlowRun } from '@aedile/core/resources/flow-run'
import type { LogCursor } from '../infrastructure-driver.ts'
import type { AttemptNote, StateDirectory, Step } from '../state-directory.ts'

/** A run as it was delivered or asked for: enough to read what belongs to it at once. */
export type ClaimedRun = Pick<WorkerFlowRun['flow_run'], 'id' | 'flow_id' | 'deployment_id'>

/** One try to run a flow run, as its worker follows it. Every change is on the disk before it counts. */
export class Attempt {
  readonly #notes: StateDirectory
  #note: AttemptNote
  #lost = false
  #forgotten = false
  /** What was read for the rendering; null after a restart of the worker. */
  run: RunContext | null = null
  readonly #cancel = new AbortController()
  readonly #letGo = new AbortController()

  /** What the claim by this very process told of the run; null for an attempt that was picked up. */
  readonly claimed: ClaimedRun | null

  constructor(notes: StateDirectory, note: AttemptNote, claimed: ClaimedRun | null = null) {
    this.#notes = notes
    this.#note = note
    this.claimed = claimed
  }

  get key(): string {
    return this.#note.key
  }

  get flowRunId(): string {
    return this.#note.flowRunId
  }

  get step(): Step {
    return this.#note.step
  }

  get handle(): Handle {
    if (!this.#note.handle) throw new Error(`Attempt ${this.key} has no handle yet`)
    return this.#note.handle
  }

  get hasHandle(): boolean {
    return this.#note.handle !== null
  }

  get logCursor(): LogCursor | null {
    return this.#note.logCursor
  }

  get outcome(): Outcome | null {
    return this.#note.outcome
  }

  /** Fires when the run shall be cancelled. */
  get cancelSignal(): AbortSignal {
    return this.#cancel.signal
  }

  /** Fires when the attempt is somebody else's, or the worker ends: follow it no longer, leave the thing alone. */
  get letGoSignal(): AbortSignal {
    return this.#letGo.signal
  }

  get isCancelled(): boolean {
    return this.#cancel.signal.aborted
  }

  /** True when the attempt is no longer this worker's: nothing may be proposed or removed for it. */
  get isLost(): boolean {
    return this.#lost
  }

  cancel(): void {
    this.#cancel.abort()
  }

  /** The attempt is no longer this worker's. */
  lose(): void {
    this.#lost = true
    this.#letGo.abort()
  }

  /** The worker ends, the attempt stays its own and is picked up at the next start. */
  release(): void {
    this.#letGo.abort()
  }

  async move(step: Step, changes: Partial<Pick<AttemptNote, 'handle' | 'outcome' | 'logCursor'>> = {}): Promise<void> {
    this.#note = { ...this.#note, ...changes, step }
    await this.#save()
  }

  async moveCursor(logCursor: LogCursor | null): Promise<void> {
    this.#note = { ...this.#note, logCursor }
    await this.#save()
  }

  /** A new handle of the same thing: native ids became known. Who reports stays as it was decided at the start. */
  async describe(handle: Handle): Promise<void> {
    await this.move(this.step, { handle: { ...handle, reports: this.handle.reports } })
  }

  /** Nothing is noted after this. */
  async forget(): Promise<void> {
    this.#forgotten = true
    await this.#notes.delete(this.key)
  }

  /** What is still under way when an attempt is let go must leave no note behind. */
  async #save(): Promise<void> {
    if (!this.#forgotten) await this.#notes.save(this.#note)
  }
}
