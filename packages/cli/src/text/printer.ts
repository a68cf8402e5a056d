import type { JsonValue } from '@aedile/core/json'
import pc from 'picocolors'

/** Where a command writes: a table for people, JSON for programs, colour only on a terminal. */
export type Printer = {
  readonly isJson: boolean
  /** One line for a person; nothing under `--json`. */
  line(text: string): void
  /** A note that is no result; goes to stderr, also under `--json`. */
  note(text: string): void
  /** The result: JSON under `--json`, `people` otherwise. */
  result(value: unknown, people: () => void | Promise<void>): Promise<void>
  table(columns: string[], rows: (string | number | null | undefined)[][], empty: string): Promise<void>
  color: Colors
}

export type Colors = ReturnType<typeof pc.createColors>

/** Makes a printer. Colour is off without a terminal, with `NO_COLOR`, and under `--json`. */
export function createPrinter(options: {
  isJson: boolean
  isTerminal: boolean
  noColor: boolean
  write: (text: string) => void
  writeError: (text: string) => void
}): Printer {
  const color = pc.createColors(options.isTerminal && !options.noColor && !options.isJson)
  return {
    isJson: options.isJson,
    color,
    line: (text) => {
      if (!options.isJson) options.write(`${text}\n`)
    },
    note: (text) => options.writeError(`${text}\n`),
    result: async (value, people) => {
      if (options.isJson) options.write(`${JSON.stringify(value as JsonValue, null, 2)}\n`)
      else await people()
    },
    table: async (columns, rows, empty) => {
      if (rows.length === 0) return options.write(`${empty}\n`)
      const { default: Table } = await import('cli-table3')
      const table = new Table({
        head: columns.map((column) => color.bold(column)),
        style: { head: [], border: [] },
        chars: PLAIN_BORDERS,
      })
      for (const row of rows) table.push(row.map((cell) => (cell === null || cell === undefined ? '' : String(cell))))
      options.write(`${table.toString()}\n`)
    },
  }
}

const PLAIN_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}
