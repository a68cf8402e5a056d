import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Row, readAll, readEvents, stateNames } from './api.ts'
import { Comparison } from './comparison.ts'
import { hasGenuine, type ServerUnderTest, startGenuineServer, title } from './genuine.ts'
import { calledInTypeScript, commanded, contained, deployedInTypeScript, deployedToOurs, servedInTypeScript } from './stories.ts'

const host = process.env.AEDILE_TEST_DOCKER_HOST
const CONTAINER = 'prefect.docker.container.'
const begin = new Date().toISOString()

if (!host) test.skip('a container tells the events of a genuine worker: needs AEDILE_TEST_DOCKER_HOST', () => {})

describe.skipIf(!hasGenuine)(title('Our flows and our worker on a genuine server'), () => {
  let genuine: ServerUnderTest
  let comparison: Comparison
  beforeAll(async () => {
    genuine = await startGenuineServer()
    comparison = new Comparison(genuine)
  })
  afterAll(() => genuine?.stop())

  test('TypeScript flows that are called are recorded whole, as on our server', () =>
    comparison.expectSameRows(calledInTypeScript, {
      also: async (apiUrl) => {
        expect(await statesOf(apiUrl, 'story')).toEqual([['Pending', 'Running', 'Completed']])
        expect(await statesOf(apiUrl, 'inner')).toEqual([['Pending', 'Running', 'Completed']])
        expect(await statesOf(apiUrl, 'failing')).toEqual([['Pending', 'Running', 'AwaitingRetry', 'Running', 'Failed']])
        expect(await taskStates(apiUrl)).toEqual({
          'add Completed': 2,
          'divide Failed': 2,
          'double Completed': 2,
          'flaky Completed': 1,
          'inner Completed': 1,
        })
        expect(await messagesOf(apiUrl, 'prefect.flow_runs', 'story')).toContain('end third time 2 6')
      },
    }))

  test('a TypeScript flow that is served is run and recorded, as on our server', () =>
    comparison.expectSameRows(servedInTypeScript, {
      also: async (apiUrl) => {
        const done = (await statesOf(apiUrl, 'story')).filter((names) => names.includes('Completed'))
        expect(done).toEqual([['Scheduled', 'Pending', 'Running', 'Completed']])
        expect(await messagesOf(apiUrl, 'prefect.flow_runs', 'story')).toContain('begin served')
      },
    }))

  test('TypeScript deployments are run by our worker, as on our server', () =>
    comparison.expectSameRows(deployedInTypeScript, {
      also: async (apiUrl) => {
        expect((await statesOf(apiUrl, 'story'))[0]?.at(-1)).toBe('Completed')
        expect((await statesOf(apiUrl, 'failing'))[0]?.at(-1)).toBe('Failed')
        expect(await messagesOf(apiUrl, 'prefect.flow_runs', 'story')).toContain('begin pooled')
      },
    }))

  test('Python deployments are run by our worker, as on our server', () =>
    comparison.expectSameRows(deployedToOurs, {
      also: async (apiUrl) => {
        expect((await statesOf(apiUrl, 'failing'))[0]?.at(-1)).toBe('Failed')
        expect(await messagesOf(apiUrl, 'prefect.flow_runs', 'story')).toContain('begin pooled')
      },
    }))

  test('a plain command ends Completed or Crashed by its exit code, with its output in the logs', () =>
    comparison.expectSameRows(commanded, {
      also: async (apiUrl) => {
        const ends = (await statesOf(apiUrl, 'command')).map((names) => names.at(-1))
        expect(ends.sort()).toEqual(['Completed', 'Crashed'])
        expect(await messagesOf(apiUrl, 'aedile.stdout', 'command')).toEqual(['one', 'one'])
        expect(await messagesOf(apiUrl, 'aedile.stderr', 'command')).toEqual(['two', 'two'])
      },
    }))

  test.runIf(host)('a container tells the events of a genuine worker', () =>
    comparison.expectSameRows(contained(host!), {
      also: async (apiUrl) => {
        const names = (await readEvents(apiUrl, begin)).map((event) => event.event as string)
        const told = names.flatMap((name) => (name.startsWith(CONTAINER) ? [name.slice(CONTAINER.length)] : []))
        expect(told).toEqual(['created', 'running', 'exited', 'creation-failed'])
      },
    }),
  )
})

async function statesOf(apiUrl: string, flow: string): Promise<string[][]> {
  const runs = await runsOf(apiUrl, flow)
  return Promise.all(runs.map((run) => stateNames(apiUrl, run.id as string)))
}

async function messagesOf(apiUrl: string, logger: string, flow: string): Promise<string[]> {
  const ids = (await runsOf(apiUrl, flow)).map((run) => run.id!)
  const logs = await readAll(apiUrl, '/logs/filter', { sort: 'TIMESTAMP_ASC', logs: { flow_run_id: { any_: ids } } })
  return logs.filter((log) => log.name === logger).map((log) => log.message as string)
}

function runsOf(apiUrl: string, flow: string): Promise<Row[]> {
  const filter = { flows: { name: { any_: [flow] } }, flow_runs: { state: { type: { not_any_: ['SCHEDULED'] } } } }
  return readAll(apiUrl, '/flow_runs/filter', { sort: 'START_TIME_ASC', ...filter })
}

/** How many task runs of which task ended how. */
async function taskStates(apiUrl: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const task of await readAll(apiUrl, '/task_runs/filter', {})) {
    const key = `${(task.name as string).replace(/-.*/, '')} ${task.state_name}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}
