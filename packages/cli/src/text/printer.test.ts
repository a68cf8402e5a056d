import { describe, expect, it } from 'vitest'
import { createPrinter } from './printer.ts'

function printing(options: { isJson?: boolean; isTerminal?: boolean; noColor?: boolean } = {}) {
  const written = { out: '', error: '' }
  const print = createPrinter({
    isJson: false,
    isTerminal: false,
    noColor: false,
    ...options,
    write: (text) => {
      written.out += text
    },
    writeError: (text) => {
      written.error += text
    },
  })
  return { print, written }
}

describe('a printer', () => {
  it('writes nothing but JSON to stdout under --json', async () => {
    const { print, written } = printing({ isJson: true })
    print.line('for people')
    print.note('a note')
    await print.result({ id: 1 }, () => print.line('for people'))
    expect(JSON.parse(written.out)).toEqual({ id: 1 })
    expect(written.error).toBe('a note\n')
  })

  it('colours on a terminal only, and never against NO_COLOR', () => {
    expect(printing({ isTerminal: true }).print.color.bold('x')).toBe('\u001b[1mx\u001b[22m')
    expect(printing().print.color.bold('x')).toBe('x')
    expect(printing({ isTerminal: true, noColor: true }).print.color.bold('x')).toBe('x')
    expect(printing({ isTerminal: true, isJson: true }).print.color.bold('x')).toBe('x')
  })

  it('puts rows under their columns, and a sentence where there are none', async () => {
    const { print, written } = printing()
    await print.table(
      ['Name', 'Limit'],
      [
        ['local', 5],
        ['x', null],
      ],
      'None.',
    )
    const [head, first, second] = written.out.split('\n')
    expect(head!.indexOf('Limit')).toBe(first!.indexOf('5'))
    expect(second!.trim()).toBe('x')
    written.out = ''
    await print.table(['Name'], [], 'None.')
    expect(written.out).toBe('None.\n')
  })
})
