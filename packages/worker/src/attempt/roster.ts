import type { AttemptPhase, Attempt as StoredAttempt } from '@aedile/core/attempts/messages'
import type { Handle, Outcome } from '@aedile/core/infrastructure-definition'
import type { AttemptNote, Step } from '../state-directory.ts'
import type { WorkerContext } from '../worker-context.ts'
import { Attempt } from './attempt.ts'
import { attend } from './attend.ts'

const STEPS: Step[] = ['claiming', 'claimed', 'intended', 'started', 'ended', 'reported']

/** The attempts that a worker attends, and how they come and go. */
export class Roster {
  readonly #context: WorkerContext
  readonly #attended = new Map<string, { attempt: Attempt; done: Promise<void> }>()
  readonly #onFreed: () => void

  constructor(context: WorkerContext, onFreed: () => void) {
    this.#context = context
    this.#onFreed = onFreed
  }

  get size(): number {
    return this.#attended.size
  }

  get attempts(): Attempt[] {
    return [...this.#attended.values()].map(({ attempt }) => attempt)
  }

  has(key: string): boolean {
    return this.#attended.has(key)
  }

  hasRun(flowRunId: string): boolean {
    return this.attempts.some((attempt) => attempt.flowRunId === flowRunId)
  }

  /** Attends an attempt from its step on, and returns at once. */
  attend(note: AttemptNote): Attempt {
    const attempt = new Attempt(this.#context.notes, note)
    const done = attend(this.#context, attempt)
      .catch((error: unknown) => {
        this.#context.log.error({ err: error, flowRunId: attempt.flowRunId, attempt: attempt.key }, 'Attending a run failed')
      })
      .finally(() => {
        this.#attended.delete(attempt.key)
        this.#onFreed()
      })
    this.#attended.set(attempt.key, { attempt, done })
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
    const { ledger, notes, pool, facts } = this.#context
    const [own, open] = await Promise.all([notes.read(facts.name, pool.current.name), ledger.open()])
    const byKey = new Map(own.map((note) => [note.key, note]))
    for (const note of own) {
      if (open.some((stored) => stored.key === note.key)) continue
      if (ledger.shared && note.step !== 'claiming') await notes.delete(note.key)
      else if (!this.has(note.key)) this.attend(note)
    }
    for (const stored of open) if (!this.has(stored.key)) this.attendStored(stored, byKey.get(stored.key))
    return this.size
  }

  /** Attends an attempt as the server has it; the own note, when there is one, may know more. */
  attendStored(stored: StoredAttempt, own?: AttemptNote): Attempt {
    const step = laterStep(stepOf(stored), own?.step)
    return this.attend({
      key: stored.key,
      flowRunId: stored.flow_run_id,
      workPool: this.#context.pool.current.name,
      worker: this.#context.facts.name,
      step,
      handle: own?.handle ?? (stored.handle as Handle | null),
      logCursor: stored.log_cursor,
      outcome: own?.outcome ?? (stored.outcome as Outcome | null),
    })
  }
}

function stepOf(stored: StoredAttempt): Step {
  const phase: AttemptPhase = stored.phase === 'unattended' ? (stored.phase_before ?? 'intended') : stored.phase
  return STEPS.includes(phase as Step) ? (phase as Step) : 'reported'
}

function laterStep(one: Step, other: Step | undefined): Step {
  return other !== undefined && STEPS.indexOf(other) > STEPS.indexOf(one) ? other : one
}
