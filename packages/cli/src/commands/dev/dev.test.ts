import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CommandLine, lineOf } from '../../testing/command-line.ts'

let cli: CommandLine

const FLOWS = `
import { writeFileSync } from 'node:fs'
import { flow } from '@aedile/sdk'
export const early = flow(async function early() {
  writeFileSync('pid', String(process.pid))
  await new Promise((resolve) => setTimeout(resolve, 600_000))
})
`

beforeAll(() => {
  cli = new CommandLine()
  cli.set('AEDILE_WORKER_GRACE_SECONDS', '1')
})
afterAll(() => cli.close())

it('aedile dev deploys flows as they are written, goes on past broken files, and ends all that it started', async () => {
  writeFileSync(join(cli.folder, 'early.ts'), FLOWS)
  writeFileSync(join(cli.folder, 'broken.ts'), "import '@aedile/sdk'\nexport const x = {\n  a: 1,,\n}\n")
  const dev = cli.start('dev', '--port', '0')
  const ended = new Promise<number | null>((resolve) => dev.once('exit', resolve))
  const broken = lineOf(dev, /broken\.ts:3: /)
  const deployed = lineOf(dev, /Deployed: early\/dev/)
  const [, url] = await lineOf(dev, /API\s+(http\S+)\n/)
  await Promise.all([broken, deployed])

  const later = lineOf(dev, /Deployed: later\/dev/)
  writeFileSync(join(cli.folder, 'later.ts'), FLOWS.replaceAll('early', 'later'))
  await later

  cli.set('AEDILE_API_URL', url!)
  const running = lineOf(dev, /early \S+ Running/)
  expect(await cli.run('deployment', 'run', 'early/dev')).toMatchObject({ code: 0 })
  await running

  const cancelled = lineOf(dev, /early \S+ Cancelled/)
  dev.kill('SIGINT')
  await cancelled
  expect(await ended).toBe(0)
  const pid = Number(readFileSync(join(cli.folder, 'pid'), 'utf8'))
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
}, 120_000)
