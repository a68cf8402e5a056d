import { isTerminal } from '@aedile/core/states'
import type { Colors } from '../text/printer.ts'
import { stateText } from '../text/state-text.ts'
import type { RunNews } from './run-news.ts'

type Row = RunNews & { startedAt: Date | null; endedAt: Date | null }

/** The runs as a live list shows them: the newest first, as many as there is room for. */
export class RunBoard {
  readonly #rows = new Map<string, Row>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  /** True while a run is under way, so that its time has to be shown anew. */
  get isMoving(): boolean {
    return [...this.#rows.values()].some(({ startedAt, endedAt }) => startedAt && !endedAt)
  }

  add(news: RunNews): void {
    const before = this.#rows.get(news.id)
    const startedAt = news.state_type === 'RUNNING' ? (before?.startedAt ?? news.at) : (before?.startedAt ?? null)
    const endedAt = isTerminal(news.state_type) ? news.at : null
    this.#rows.set(news.id, { ...news, startedAt, endedAt })
    // Insertion order is age: the oldest that has ended goes first.
    for (const [id, row] of this.#rows) {
      if (this.#rows.size <= this.#limit) break
      if (row.endedAt) this.#rows.delete(id)
    }
  }

  lines(color: Colors, { now, width, height }: { now: Date; width: number; height: number }): string[] {
    const rows = [...this.#rows.values()].reverse().slice(0, Math.max(1, height))
    const column = (pick: (row: Row) => string, most: number) =>
      Math.min(most, Math.max(...rows.map((row) => pick(row).length), 0))
    const flow = column((row) => row.flow, 30)
    const name = column((row) => row.name, 30)
    const state = column((row) => row.state_name, 20)
    return rows.map((row) => {
      const seconds = row.startedAt ? ((row.endedAt ?? now).getTime() - row.startedAt.getTime()) / 1000 : null
      const time = seconds === null ? '' : `${seconds.toFixed(row.endedAt ? 1 : 0)} s`
      const shown = row.state_name.slice(0, state)
      const head = `${clip(row.flow, flow)}  ${clip(row.name, name)}  `
      const tail = `${' '.repeat(state - shown.length)}  ${time.padStart(8)}`
      const room = width - head.length - shown.length - tail.length - 3
      const message = room > 0 && row.endedAt && row.state_type !== 'COMPLETED' ? firstLine(row.message).slice(0, room) : ''
      return `${head}${stateText(color, { ...row, state_name: shown })}${tail}${message ? `  ${color.dim(message)}` : ''}`
    })
  }
}

function clip(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width)
}

function firstLine(text: string | null): string {
  return (text ?? '').split('\n')[0]!.trim()
}
