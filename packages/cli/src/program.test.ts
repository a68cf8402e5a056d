import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { buildProgram } from './program.ts'

const folder = join(import.meta.dirname, 'commands')

function commandsUnder(command: Command): Command[] {
  return [command, ...command.commands.flatMap(commandsUnder)]
}

const leaves = commandsUnder(buildProgram()).filter((command) => command.commands.length === 0)
const loaded = readdirSync(folder)
  .filter((name) => name.endsWith('.ts'))
  .flatMap((name) => [...readFileSync(join(folder, name), 'utf8').matchAll(/import\('(\.\/[^']+)'\)/g)].map((match) => match[1]!))

describe('the command line', () => {
  it('describes every command, argument list and option', () => {
    for (const command of commandsUnder(buildProgram())) {
      expect(command.description(), command.name()).not.toBe('')
      expect(command.helpInformation()).toContain(command.name())
      for (const option of command.options) expect(option.description, `${command.name()} ${option.flags}`).not.toBe('')
    }
  })

  it('loads one module for every command that does something', () => {
    expect(loaded.length).toBe(leaves.length)
  })

  it.each(loaded)('%s is there, and runs', async (path) => {
    const module = (await import(join(folder, path))) as { run: unknown }
    expect(module.run).toBeTypeOf('function')
  })

  it('takes one value an option, so that an argument may follow any of them', () => {
    const greedy = commandsUnder(buildProgram()).flatMap((command) => command.options.filter((option) => option.variadic))
    expect(greedy.map((option) => option.flags)).toEqual([])
  })
})
