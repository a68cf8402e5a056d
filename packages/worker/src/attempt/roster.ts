import type { AttemptPhase, Attempt as StoredAttempt } from '@aedile/core/attempts/messages'
import type { Handle, Outcome } from '@aedile/core/infrastructure-definition'
import { backoffSeconds, pause } from '../backoff.ts'
import type { AttemptNote, NoteOwner, Step } from '../state-directory.ts'
import type { WorkerContext } from '../worker-context.ts'
import { Attempt, type ClaimedRun } from './attempt.ts'
import { attend } from './attend.ts'

const STEPS: Step[] = ['claiming', 'claimed', 'intended', 'started', 'ended', 'reported']
/** After so many failures that nothing explains an attempt is left, to be taken up when its lease has run out. */
const MAX_FAILURES = 10

/** The attempts that a worker attends, and how they come and go. */
export class Roster {
  readonly #context: WorkerContext
  readonly #attended = new Map<string, { attempt: Attempt; done: Promise<void> }>()
  readonly #runs = new Map<string, number>()
  readonly #onFreed: () => void

  constructor(context: WorkerContext, onFreed: () => void) {
    this.#context = context
    this.#onFreed = onFreed
  }

  get size(): number {
    return this.#attended.size
  }

  /** How many of them have a run that is not over: what a limit counts. */
  get busy(): number {
    return this.attempts.filter(({ step }) => step !== 'reported').length
  }

  get attempts(): Attempt[] {
    return [...this.#attended.values()].map(({ attempt }) => attempt)
  }

  /** Whose notes these attempts have. */
  get owner(): NoteOwner {
    const { ledger, facts, pool } = this.#context
    return { server: ledger.serverId, worker: facts.name, workPool: pool.current.name }
  }

  has(key: string): boolean {
    return this.#attended.has(key)
  }

  hasRun(flowRunId: string): boolean {
    return this.#runs.has(flowRunId)
  }

  /** Attends an attempt from its step on, and returns at once. `claimed` is the run of a claim made just now. */
  attend(note: AttemptNote, claimed: ClaimedRun | null = null): Attempt {
    const attempt = new Attempt(this.#context.notes, note, { claimed, onReported: this.#onFreed })
    const done = this.#follow(attempt).finally(() => {
      this.#attended.delete(attempt.key)
      this.#count(attempt.flowRunId, -1)
      this.#onFreed()
    })
    this.#attended.set(attempt.key, { attempt, done })
    this.#count(attempt.flowRunId, 1)
    return attempt
  }

  /** Resolves when no attempt is attended any more. */
  async emptied(): Promise<void> {
    while (this.#attended.size > 0) await Promise.all([...this.#attended.values()].map(({ done }) => done))
  }

  /** Lets all attempts be; they are picked up at the next start. */
  async releaseAll(): Promise<void> {
    for (const attempt of this.attempts) attempt.release()
    await this.emptied()
  }

  /**
   * Picks up what a worker of this name left: its own notes, and what the server has open. On our server an attempt that
   * is not open any more went to somebody else, so its note is forgotten and its thing left alone.
   */
  async resume(): Promise<number> {
    const { ledger, notes } = this.#context
    const [own, open] = await Promise.all([notes.read(this.owner), ledger.open()])
    const byKey = new Map(own.map((note) => [note.key, note]))
    const openKeys = new Set(open.map((stored) => stored.key))
    for (const note of own) {
      if (openKeys.has(note.key) || this.has(note.key)) continue
      if (ledger.shared && note.step !== 'claiming' && note.step !== 'claimed') await notes.delete(note.key)
      else this.attend(note)
    }
    for (const stored of open) if (!this.has(stored.key)) this.attendStored(stored, byKey.get(stored.key))
    return this.size
  }

  /** Attends an attempt as the server has it; the own note, when there is one, may know more. */
  attendStored(stored: StoredAttempt, own?: AttemptNote): Attempt {
    return this.attend({
      ...this.owner,
      key: stored.key,
      flowRunId: stored.flow_run_id,
      step: laterStep(stepOf(stored), own?.step),
      handle: own?.handle ?? (stored.handle as Handle | null),
      logCursor: stored.log_cursor,
      outcome: own?.outcome ?? (stored.outcome as Outcome | null),
    })
  }

  /** Every step may be taken again, so a failure that nothing explains is tried again too. */
  async #follow(attempt: Attempt): Promise<void> {
    const { log, signal } = this.#context
    const until = AbortSignal.any([attempt.letGoSignal, signal])
    for (let failures = 1; !until.aborted; failures++) {
      try {
        return await attend(this.#context, attempt)
      } catch (error) {
        log.error({ err: error, flowRunId: attempt.flowRunId, attempt: attempt.key, failures }, 'Attending a run failed')
        if (failures >= MAX_FAILURES) return
        await pause(backoffSeconds(failures), until)
      }
    }
  }

  #count(flowRunId: string, by: number): void {
    const count = (this.#runs.get(flowRunId) ?? 0) + by
    if (count > 0) this.#runs.set(flowRunId, count)
    else this.#runs.delete(flowRunId)
  }
}

function stepOf(stored: StoredAttempt): Step {
  const phase: AttemptPhase = stored.phase === 'unattended' ? (stored.phase_before ?? 'intended') : stored.phase
  return STEPS.includes(phase as Step) ? (phase as Step) : 'reported'
}

function laterStep(one: Step, other: Step | undefined): Step {
  return other !== undefined && STEPS.indexOf(other) > STEPS.indexOf(one) ? other : one
}
