import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CommandLine, lineOf } from '../../testing/command-line.ts'

let cli: CommandLine

const FLOWS = `
import { writeFileSync } from 'node:fs'
import { flow } from '@aedile/sdk'
export const wait = flow(async function wait() {
  writeFileSync('pid', String(process.pid))
  await new Promise((resolve) => setTimeout(resolve, 600_000))
})
`

beforeAll(() => {
  cli = new CommandLine(join(import.meta.dirname, '../../../'))
})
afterAll(() => cli.close())

it('aedile dev deploys flows as they are written, goes on past broken files, and ends all that it started', async () => {
  writeFileSync(join(cli.folder, 'wait.ts'), FLOWS)
  writeFileSync(join(cli.folder, 'broken.ts'), "import '@aedile/sdk'\nexport const x = {\n  a: 1,,\n}\n")
  const dev = cli.start('dev', '--port', '0')
  const ended = new Promise<number | null>((resolve) => dev.once('exit', resolve))
  const broken = lineOf(dev, /broken\.ts:3: /)
  const deployed = lineOf(dev, /Deployed: wait\/dev/)
  const [, url] = await lineOf(dev, /API\s+(http\S+)\n/)
  await Promise.all([broken, deployed])

  const later = lineOf(dev, /Deployed: later\/dev/)
  writeFileSync(join(cli.folder, 'later.ts'), FLOWS.replaceAll('wait', 'later'))
  await later

  cli.set('AEDILE_API_URL', url!)
  const running = lineOf(dev, /wait \S+ Running/)
  expect(await cli.run('deployment', 'run', 'wait/dev')).toMatchObject({ code: 0 })
  await running

  const cancelled = lineOf(dev, /wait \S+ Cancelled/)
  dev.kill('SIGINT')
  await cancelled
  expect(await ended).toBe(0)
  const pid = Number(readFileSync(join(cli.folder, 'pid'), 'utf8'))
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
}, 120_000)
