import type { DueRun } from './attempt/attempt.ts'
import type { Roster } from './attempt/roster.ts'
import { isFinalAnswer, persist } from './backoff.ts'
import { makeAttemptKey } from './claim.ts'
import type { RunSource } from './run-source.ts'
import type { WorkerContext } from './worker-context.ts'

/** As many runs are asked for at once; servers answer no more. */
const PAGE = 200

/** Takes due runs, as many as there are slots: claims each and has it attended. */
export class RunTaker {
  readonly #context: WorkerContext
  readonly #roster: Roster
  readonly #source: RunSource
  readonly #limit: number
  /** The runs that are being claimed; each may need a slot. */
  readonly #claiming = new Set<string>()

  constructor(context: WorkerContext, roster: Roster, options: { source: RunSource; limit: number | null }) {
    this.#context = context
    this.#roster = roster
    this.#source = options.source
    this.#limit = options.limit ?? Number.POSITIVE_INFINITY
  }

  /** How many runs more could be taken now. */
  countFree(): number {
    const { pool, signal } = this.#context
    return pool.fault || signal.aborted ? 0 : this.#limit - this.#roster.busy - this.#claiming.size
  }

  /**
   * Takes what is due now. True when every slot is taken: then a freed slot is the time to ask again. A full page is
   * followed by the next one at once, as long as something of it could be claimed.
   */
  async takeDueRuns(onAnswer: () => void, until: AbortSignal): Promise<boolean> {
    const { pool } = this.#context
    if (pool.fault) throw pool.fault
    for (;;) {
      const free = this.countFree()
      if (free <= 0) return true
      const asked = Math.min(free, PAGE)
      const due = await this.#source.next(asked)
      onAnswer()
      const claimed = await this.#claimAll(this.#reserve(due.map(({ flow_run }) => flow_run)))
      if (due.length < asked || claimed === 0 || until.aborted) return this.countFree() <= 0
    }
  }

  /** Takes runs that the server delivered. Resolves at once with those for which there is no slot. */
  takeDelivered(runs: DueRun[], onClaimed: () => void): string[] {
    const reserved = this.#reserve(runs)
    void this.#claimAll(reserved).then(onClaimed)
    return runs.map(({ id }) => id).filter((id) => !this.#claiming.has(id) && !this.#roster.hasRun(id))
  }

  /** As many as there are slots for, without those that are attended or being claimed. */
  #reserve(runs: DueRun[]): DueRun[] {
    const fresh = runs.filter(({ id }) => !this.#roster.hasRun(id) && !this.#claiming.has(id))
    const reserved = fresh.slice(0, Math.max(0, Math.min(this.countFree(), fresh.length)))
    for (const { id } of reserved) this.#claiming.add(id)
    return reserved
  }

  /** How many could be claimed. What goes wrong with one run keeps no other. */
  async #claimAll(runs: DueRun[]): Promise<number> {
    const claims = await Promise.all(runs.map((run) => this.#claim(run).finally(() => this.#claiming.delete(run.id))))
    return claims.filter((isClaimed) => isClaimed).length
  }

  /** Claims one run and attends it. The key is noted before the claim is sent, so that a lost answer loses nothing. */
  async #claim(run: DueRun): Promise<boolean> {
    const flowRunId = run.id
    const { ledger, notes, log, signal } = this.#context
    if (signal.aborted) return false
    const key = makeAttemptKey()
    const note = {
      ...this.#roster.owner,
      key,
      flowRunId,
      step: 'claiming' as const,
      handle: null,
      logCursor: null,
      outcome: null,
    }
    await notes.save(note)
    try {
      // An answer that was lost is asked for again: the same claim gets the same answer.
      const claimed = await persist(() => ledger.claim({ key, flowRunId }), { signal, isFinal: isFinalAnswer })
      // The note says claiming until the intent: who picks that up asks first whose the run is.
      if (claimed) this.#roster.attend({ ...note, step: 'claimed' }, { ...claimed, due: run })
      else await notes.delete(key)
      return claimed !== null
    } catch (error) {
      // Ended at once: whether the claim was taken in is found out at the next start.
      if (signal.aborted) return false
      log.warn({ err: error, flowRunId }, 'A run could not be claimed')
      await notes.delete(key)
      return false
    }
  }
}
