import type { Handle, Outcome, RunContext } from '@aedile/core/infrastructure-definition'
import type { WorkerFlowRun } from '@aedile/core/resources/flow-run'
import type { Microseconds } from '@aedile/core/time'
import type { LogCursor } from '../infrastructure-driver.ts'
import type { Claimed } from '../ledger/ledger.ts'
import type { AttemptNote, StateDirectory, Step } from '../state-directory.ts'

/** A run that is due. With its flow and deployment, when they were told, all that belongs to it can be read at once. */
export type DueRun = Pick<WorkerFlowRun['flow_run'], 'id'> & Partial<Pick<WorkerFlowRun['flow_run'], 'flow_id' | 'deployment_id'>>

/** A run that this very process claimed, and what the claim told of it. */
export type ClaimedRun = Claimed & { due: DueRun }

/** One try to run a flow run, as its worker follows it. Every change is on the disk before it counts. */
export class Attempt {
  readonly #notes: StateDirectory
  #note: AttemptNote
  #lost = false
  #forgotten = false
  /** What was read for the rendering; null after a restart of the worker. */
  run: RunContext | null = null
  /** The events about its thing that were told, and when what they tell became so. */
  readonly told = new Map<string, Microseconds>()
  readonly #cancel = new AbortController()
  readonly #letGo = new AbortController()

  /** Null for an attempt that was picked up. */
  readonly claimed: ClaimedRun | null
  /** True when whoever may still be starting it, other than this process, has announced that. */
  readonly hasKnownStarters: boolean
  readonly #onReported: () => void

  constructor(
    notes: StateDirectory,
    note: AttemptNote,
    { claimed = null, onReported = () => {} }: { claimed?: ClaimedRun | null; onReported?: () => void } = {},
  ) {
    this.#notes = notes
    this.#note = note
    this.claimed = claimed
    // Claimed here, or started before it was picked up: then who claimed it is through with that.
    this.hasKnownStarters = claimed !== null || ['started', 'ended', 'reported'].includes(note.step)
    this.#onReported = onReported
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

  /** True when it is known that something was started for it. */
  get hasThing(): boolean {
    return Object.keys(this.#note.handle?.native ?? {}).length > 0
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
    if (step === 'reported') this.#onReported()
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
