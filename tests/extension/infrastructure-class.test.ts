import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runAedile } from '../support/program.ts'

/** A class of a package that nothing of ours knows. It shouts its command instead of running it. */
const BLOCKS = `
class Shout {
  static blockClass = {
    title: 'Shout', name: 'Shout', slug: 'shout', description: '', documentationUrl: null, logoUrl: null, codeExample: null,
    capabilities: ['run-infrastructure'],
    properties: { command: { type: 'array', items: { type: 'string' } }, env: { type: 'object' }, tone: { type: 'string' } },
    required: [], secretFields: [], nested: {},
  }
  static nestedClasses = {}
  static fromAttributes(attributes) { return Object.assign(new Shout(), attributes) }
  async preview() { return this.command.join(' ').toUpperCase() + (this.tone ?? '') }
  async run({ output }) {
    process.stdout.write(await this.preview() + '\\n')
    return { identifier: 'shout-1', statusCode: 9, ok: false }
  }
}
export const blocks = [Shout]
`

const folder = mkdtempSync(join(tmpdir(), 'aedile-class-package-'))
const environment = { AEDILE_HOME: join(folder, 'home'), AEDILE_INFRASTRUCTURES: folder }

beforeAll(() => {
  mkdirSync(environment.AEDILE_HOME)
  const manifest = {
    name: 'shout',
    version: '1.0.0',
    type: 'module',
    exports: { './*': './*.js' },
    aedile: { types: [], blocks: ['shout'] },
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'blocks.js'), BLOCKS)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('an infrastructure class of another package runs from the shell, its own fields included', async () => {
  const args = ['infrastructure', 'run', 'shout', '--set', 'tone=!', '--', 'more', 'bread']
  expect(await runAedile(args, environment)).toEqual({ exit: 9, stdout: 'MORE BREAD!\n', stderr: '' })
  const preview = await runAedile(['infrastructure', 'preview', 'shout', '--', 'games'], environment)
  expect(preview.stdout).toBe('GAMES\n')
})

it('is named among those that there are, and refuses fields that it does not have', async () => {
  const unknown = await runAedile(['infrastructure', 'run', 'whisper', '--', 'x'], environment)
  expect(unknown.stderr).toContain('Known: docker-container, process, shout.')
  const field = await runAedile(['infrastructure', 'run', 'shout', '--image', 'x', '--', 'x'], environment)
  expect([field.exit, field.stderr]).toEqual([2, 'Shout has no field image. Its fields: command, env, tone.\n'])
})
