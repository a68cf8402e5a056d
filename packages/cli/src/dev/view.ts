import type { Printer } from '../text/printer.ts'
import { stateText } from '../text/state-text.ts'
import { RunBoard } from './run-board.ts'
import type { RunNews } from './run-news.ts'

/** What `aedile dev` shows: sentences that stay, and the runs. */
export interface DevView {
  say(text: string): void
  news(news: RunNews): void
  close(): void
}

/** A line per state of a run; under `--json` a line of JSON. */
export class LineView implements DevView {
  readonly #print: Printer
  readonly #write: (text: string) => void

  constructor(print: Printer, write: (text: string) => void) {
    this.#print = print
    this.#write = write
  }

  say(text: string): void {
    if (this.#print.isJson) this.#print.note(text)
    else this.#write(`${text}\n`)
  }

  news(news: RunNews): void {
    const { color, isJson } = this.#print
    const message = news.message ? `: ${news.message.split('\n')[0]}` : ''
    if (isJson) this.#write(`${JSON.stringify(news)}\n`)
    else this.#write(`${news.at.toISOString().slice(11, 19)} ${news.flow} ${news.name} ${stateText(color, news)}${message}\n`)
  }

  close(): void {}
}

const REDRAW_MILLISECONDS = 100
const TICK_MILLISECONDS = 1000
const MOST_ROWS = 15

type Screen = { write(text: string): void; readonly columns: number; readonly rows: number }

/** The runs as a list that is redrawn in place, under the sentences. */
export class ScreenView implements DevView {
  readonly #print: Printer
  readonly #screen: Screen
  readonly #board = new RunBoard(MOST_ROWS)
  readonly #tick: NodeJS.Timeout
  #drawn = 0
  #isClosed = false
  #drawing: NodeJS.Timeout | null = null

  constructor(print: Printer, screen: Screen) {
    this.#print = print
    this.#screen = screen
    this.#tick = setInterval(() => this.#board.isMoving && this.#draw(), TICK_MILLISECONDS)
  }

  say(text: string): void {
    this.#screen.write(`${this.#isClosed ? '' : this.#erase()}${text}\n`)
    if (!this.#isClosed) this.#draw()
  }

  news(news: RunNews): void {
    this.#board.add(news)
    this.#drawing ??= setTimeout(() => this.#draw(), REDRAW_MILLISECONDS)
  }

  close(): void {
    clearInterval(this.#tick)
    if (this.#drawing) clearTimeout(this.#drawing)
    this.#draw()
    this.#isClosed = true
  }

  #draw(): void {
    this.#drawing = null
    const { columns: width, rows } = this.#screen
    const lines = this.#board.lines(this.#print.color, { now: new Date(), width, height: Math.min(MOST_ROWS, rows - 4) })
    const shown = lines.length > 0 ? ['', ...lines] : []
    this.#screen.write(this.#erase() + shown.map((line) => `${line}\n`).join(''))
    this.#drawn = shown.length
  }

  /** Back to where the list began, and everything from there away. */
  #erase(): string {
    const lines = this.#drawn
    this.#drawn = 0
    return lines === 0 ? '' : `\u001b[${lines}A\u001b[0J`
  }
}
