import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient } from '@aedile/core/client/client'
import { createDeploymentFlowRun, pauseDeployment, readDeploymentByName } from '@aedile/core/client/deployments'
import { compareFigures } from './demo/compare-figures.ts'
import { DemoProcesses } from './demo/demo-processes.ts'
import { RunTicker } from './demo/run-ticker.ts'

/**
 * `npm run demo`: a server, a work pool and a worker of their own; a TypeScript flow on real data, run by schedule and by
 * hand, and a plain shell command beside it. Shows runs, states and logs as they happen, compares the results with figures
 * that were computed elsewhere, and leaves nothing running.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const started = performance.now()
const folder = join(root, '.cache', 'demo')
const output = join(folder, 'report')
rmSync(folder, { recursive: true, force: true })
mkdirSync(output, { recursive: true })
const processes = new DemoProcesses(root, join(folder, 'home'))
const say = (text: string) => void process.stdout.write(`${text}\n`)

let passed = false
try {
  passed = await demonstrate()
} catch (error) {
  say(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`)
  say(processes.lastOutput())
} finally {
  const left = await processes.stopAll()
  if (left.length > 0) {
    say(`Left running: ${left.join(', ')}`)
    passed = false
  }
}
say(passed ? `\nThe demo passed in ${seconds(started)}; nothing was left running.` : '\nThe demo failed.')
process.exit(passed ? 0 : 1)

async function demonstrate(): Promise<boolean> {
  step('Server, work pool and worker')
  const { url } = await processes.startServer()
  say(`  the API answers on ${url}`)
  await processes.aedile('work-pool', 'create', 'demo', '--type', 'process')
  await processes.startWorker('demo')

  step('Two deployments: a TypeScript flow by schedule, a plain command')
  const data = join(root, 'node_modules/vega-datasets/data')
  const flowArguments = ['--param', `data=${JSON.stringify(data)}`, '--param', `output=${JSON.stringify(output)}`]
  await processes.aedile(
    'deploy',
    'examples/demo/flows.ts:travelReport',
    '--name',
    'demo',
    '--pool',
    'demo',
    '--interval',
    '5',
    ...flowArguments,
  )
  const count = `sh -c 'cd "$DATA" && wc -l seattle-weather.csv airports.csv flights-airport.csv'`
  const commandArguments = ['--job-variable', `command=${count}`, '--job-variable', `env=${JSON.stringify({ DATA: data })}`]
  await processes.aedile('deploy', '--flow', 'count-lines', '--name', 'demo', '--pool', 'demo', ...commandArguments)

  step('Runs, as they happen')
  const client = createClient({ apiUrl: url })
  const ticker = new RunTicker(client, say)
  const flow = await readDeploymentByName(client, 'travel-report', 'demo')
  const command = await readDeploymentByName(client, 'count-lines', 'demo')
  const byHand = await createDeploymentFlowRun(client, flow.id, { idempotency_key: crypto.randomUUID() })
  const plain = await createDeploymentFlowRun(client, command.id, { idempotency_key: crypto.randomUUID() })
  const bySchedule = await ticker.untilScheduled(flow.id, 60)
  const ended = await ticker.untilEnded([byHand.id, plain.id, bySchedule], 90)
  await pauseDeployment(client, flow.id)

  step('Results')
  const scheduled = ended.find((run) => run.id === bySchedule)!
  say(
    `  ${scheduled.name} was created by ${scheduled.created_by?.type ?? 'nobody'} (auto_scheduled: ${scheduled.auto_scheduled})`,
  )
  const wrong = ended.filter((run) => run.state_type !== 'COMPLETED').map((run) => `${run.name} is ${run.state_name}`)
  if (scheduled.created_by?.type !== 'SCHEDULE' || !scheduled.auto_scheduled)
    wrong.push('the scheduled run was not made by its schedule')
  const figures = JSON.parse(readFileSync(join(output, 'figures.json'), 'utf8'))
  wrong.push(...compareFigures(figures, ticker.linesOf(plain.id), say))
  for (const fault of wrong) say(`  WRONG: ${fault}`)
  say(`\nThe report: ${join(output, 'report.html')}`)
  return wrong.length === 0
}

function step(text: string): void {
  say(`\n== ${text} (${seconds(started)})`)
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}
