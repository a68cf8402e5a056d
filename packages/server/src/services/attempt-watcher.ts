import { MICROSECONDS_PER_SECOND } from '@aedile/core/time'
import { abandonAttempt, expireAttempt } from '../orchestration/attempts/expire-attempt.ts'
import type { Workspace } from '../workspace.ts'
import type { Service } from './service.ts'

const ATTEMPTS_PER_ROUND = 200

/**
 * Watches the leases of attempts by the database's clock. One that runs out before an intent sends its run back to the
 * queue; one after it leaves the attempt unattended, and after five minutes without a taker the run is given up.
 */
export class AttemptWatcher implements Service {
  readonly name = 'attempt-watcher'
  readonly intervalSeconds = 5
  readonly #workspace: Workspace
  #hasGivenTerm = false

  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  async runOnce(signal: AbortSignal): Promise<void> {
    if (!this.#hasGivenTerm) await this.#giveFullTerm()
    for (const key of await this.#listExpired()) {
      if (signal.aborted) return
      await expireAttempt(this.#workspace, key)
    }
    for (const key of await this.#listAbandoned()) {
      if (signal.aborted) return
      await abandonAttempt(this.#workspace, key)
    }
  }

  /** While the server was away nobody could renew: its first act gives every lease a full term. */
  async #giveFullTerm(): Promise<void> {
    const { store, settings } = this.#workspace
    const term = (await store.clock()) + settings.attemptLeaseSeconds * MICROSECONDS_PER_SECOND
    await store.write(({ db }) =>
      db.updateTable('flow_run_attempt').set({ lease_expires: term }).where('lease_expires', '<', term).execute(),
    )
    this.#hasGivenTerm = true
  }

  async #listExpired(): Promise<string[]> {
    const { store } = this.#workspace
    const rows = await store.db
      .selectFrom('flow_run_attempt')
      .select('key')
      .where('phase', 'in', ['claimed', 'intended', 'started', 'ended', 'reported'])
      .where('lease_expires', '<=', await store.clock())
      .orderBy('lease_expires')
      .limit(ATTEMPTS_PER_ROUND)
      .execute()
    return rows.map((row) => row.key)
  }

  async #listAbandoned(): Promise<string[]> {
    const { store, settings } = this.#workspace
    const before = (await store.clock()) - settings.attemptUnattendedSeconds * MICROSECONDS_PER_SECOND
    const rows = await store.db
      .selectFrom('flow_run_attempt')
      .innerJoin('flow_run', 'flow_run.attempt_key', 'flow_run_attempt.key')
      .select('flow_run_attempt.key')
      .where('flow_run_attempt.phase', '=', 'unattended')
      .where('flow_run_attempt.phase_before', '<>', 'reported')
      .where('flow_run_attempt.unattended_since', '<=', before)
      .where('flow_run.state_type', 'in', ['SCHEDULED', 'PENDING', 'RUNNING', 'PAUSED'])
      .where((eb) => eb.or([eb('flow_run.child_heard_at', 'is', null), eb('flow_run.child_heard_at', '<=', before)]))
      .orderBy('flow_run_attempt.unattended_since')
      .limit(ATTEMPTS_PER_ROUND)
      .execute()
    return rows.map((row) => row.key)
  }
}
