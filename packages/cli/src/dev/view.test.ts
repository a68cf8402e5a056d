import type { StateType } from '@aedile/core/states'
import { describe, expect, it } from 'vitest'
import { createPrinter } from '../text/printer.ts'
import { RunBoard } from './run-board.ts'
import type { RunNews } from './run-news.ts'
import { LineView, ScreenView } from './view.ts'

function news(id: string, type: StateType, seconds: number, message: string | null = null): RunNews {
  const name = type.charAt(0) + type.slice(1).toLowerCase()
  const at = new Date(Date.UTC(2026, 0, 1) + seconds * 1000)
  return { id, name: `run-${id}`, flow: 'hello', state_type: type, state_name: name, message, at }
}

const printing = (write: (text: string) => void, isJson = false) =>
  createPrinter({ isJson, isTerminal: false, noColor: true, write, writeError: () => {} })
const plain = printing(() => {}).color
const shape = { now: new Date(Date.UTC(2026, 0, 1) + 60_000), width: 60, height: 10 }

describe('the live list of runs', () => {
  it('shows each run once, the newest first, with the time that it took', () => {
    const board = new RunBoard(10)
    for (const one of [news('a', 'RUNNING', 0), news('b', 'RUNNING', 30), news('a', 'COMPLETED', 2.5)]) board.add(one)
    expect(board.lines(plain, shape)).toEqual(['hello  run-b  Running        30 s', 'hello  run-a  Completed     2.5 s'])
    expect(board.isMoving).toBe(true)
  })

  it('says why a run failed, within the width of the screen', () => {
    const board = new RunBoard(10)
    board.add(news('a', 'FAILED', 0, `${'because '.repeat(20)}\nand more`))
    const [line] = board.lines(plain, shape)
    expect(line).toContain('because')
    expect(line!.length).toBeLessThan(60)
  })

  it('forgets the oldest that has ended, and never one that runs', () => {
    const board = new RunBoard(2)
    board.add(news('a', 'RUNNING', 0))
    for (const id of ['b', 'c', 'd']) board.add(news(id, 'COMPLETED', 1))
    expect(board.lines(plain, shape).map((line) => line.slice(7, 12))).toEqual(['run-d', 'run-a'])
  })

  it('is redrawn in place, with sentences above it that stay', () => {
    let screen = ''
    const write = (text: string) => {
      screen += text
    }
    const view = new ScreenView(printing(write), { write, columns: 60, rows: 20 })
    view.news(news('a', 'COMPLETED', 0))
    view.say('one')
    view.say('two')
    view.close()
    view.say('end')
    const shown = 'hello  run-a  Completed          \n'
    expect(screen).toBe(`one\n\n${shown}\u001b[2A\u001b[0Jtwo\n\n${shown}\u001b[2A\u001b[0J\n${shown}end\n`)
  })

  it('is a line per state where there is no terminal, and JSON for programs', () => {
    let text = ''
    const write = (more: string) => {
      text += more
    }
    new LineView(printing(write), write).news(news('a', 'FAILED', 0, 'why\nmore'))
    expect(text).toBe('00:00:00 hello run-a Failed: why\n')
    text = ''
    new LineView(printing(write, true), write).news(news('a', 'FAILED', 0))
    expect(JSON.parse(text)).toMatchObject({ id: 'a', state_type: 'FAILED' })
  })
})
