import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A plain command that notes when it was started, in a file named after its run. */
export class NotingCommand {
  /** As a deployment's `command`. */
  readonly command: string
  /** Where the notes lie, one per run. */
  readonly notes: string

  constructor(folder: string) {
    this.notes = join(folder, 'notes')
    mkdirSync(this.notes)
    const script = join(folder, 'note.sh')
    // A note is whole when it has its name: written aside, then moved.
    writeFileSync(script, 'date +%s%N > "$1/.$PREFECT__FLOW_RUN_ID"\nmv "$1/.$PREFECT__FLOW_RUN_ID" "$1/$PREFECT__FLOW_RUN_ID"\n')
    this.command = `sh "${script}" "${this.notes}"`
  }

  /** When a run's command was started, in milliseconds of the wall clock; null: not yet. */
  startOf(flowRunId: string): number | null {
    try {
      return Number(readFileSync(join(this.notes, flowRunId), 'utf8')) / 1e6
    } catch {
      return null
    }
  }

  /** Waits until the commands of all these runs were started, at most so long. Gives the start of each. */
  async waitForStarts(flowRunIds: string[], seconds: number): Promise<(number | null)[]> {
    const deadline = performance.now() + seconds * 1000
    for (;;) {
      const starts = flowRunIds.map((id) => this.startOf(id))
      if (starts.every((start) => start !== null) || performance.now() > deadline) return starts
      await sleep(100)
    }
  }
}
