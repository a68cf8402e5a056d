import { setTimeout as delay } from 'node:timers/promises'
import { AedileError } from '@aedile/core/errors'
import { listProcesses, sendSignal } from './api.ts'
import { findAttemptProcesses, isSame, type ProcessEntry, type ProcessIdentity } from './process-table.ts'

const LOOK_MILLISECONDS = 20
/** How long the supervisor may take to record the status of a command that was killed, in milliseconds. */
const RECORD_MILLISECONDS = 2_000
/** How long the kernel may take to end what was killed, in milliseconds. */
const KILL_MILLISECONDS = 30_000

/** Ends everything that an attempt started. One for a connection: all its stops share each look at the processes. */
export class ProcessEnder {
  #look: Promise<ProcessEntry[]> | null = null

  /**
   * All living processes of an attempt; the look begins after the call. None only when two looks found none: in the
   * middle of an exec a process shows no environment.
   */
  async find(attempt: string, supervisor: ProcessIdentity | null): Promise<ProcessEntry[]> {
    const found = await this.#find(attempt, supervisor)
    return found.length > 0 ? found : this.#find(attempt, supervisor)
  }

  /**
   * Asks every process once, kills whatever is left after the grace time, again and again until nothing is.
   * @throws AedileError `infrastructure_failed` when something cannot be ended.
   */
  async end(attempt: string, supervisor: ProcessIdentity | null, graceSeconds: number): Promise<void> {
    const killAt = performance.now() + graceSeconds * 1000
    const asked = new Set<string>()
    for (;;) {
      const members = await this.find(attempt, supervisor)
      if (members.length === 0) return
      const late = performance.now() - killAt
      if (late >= KILL_MILLISECONDS) throw cannotEnd(attempt, members)
      // The supervisor ends by itself after the command, and records how.
      const commands = members.filter((entry) => !(supervisor && isSame(entry, supervisor)))
      if (late < 0) askOnce(commands, asked)
      else for (const entry of late < RECORD_MILLISECONDS ? commands : members) sendSignal(entry, 'SIGKILL')
    }
  }

  async #find(attempt: string, supervisor: ProcessIdentity | null): Promise<ProcessEntry[]> {
    this.#look ??= delay(LOOK_MILLISECONDS).then(() => {
      this.#look = null
      return listProcesses()
    })
    return findAttemptProcesses(await this.#look, attempt, supervisor).filter((entry) => entry.pid !== process.pid)
  }
}

function askOnce(entries: ProcessEntry[], asked: Set<string>): void {
  for (const entry of entries) {
    const identity = `${entry.pid} ${entry.startTime}`
    if (!asked.has(identity)) sendSignal(entry, 'SIGTERM')
    asked.add(identity)
  }
}

function cannotEnd(attempt: string, members: ProcessEntry[]): AedileError {
  const pids = members.map((entry) => entry.pid).join(', ')
  return new AedileError('infrastructure_failed', {
    what: `Processes ${pids} of attempt ${attempt} do not end, though killed. Look at what they wait for (state D in ps).`,
  })
}
