import type { Result } from '../figures.ts'
import type { ApiConnection } from '../load/api-connection.ts'
import { runLoad } from '../load/run-load.ts'
import type { Group } from './group.ts'
import { describeLoad, toResults } from './load-results.ts'
import { seedRuns } from './seed-runs.ts'

/** The newest runs that are Completed since a day; with 100,000 runs there are 25,920 of them, with a million too. */
const SINCE_HOURS = 24
const READ = 200

/** The newest of many runs, by a filter on state and time. The runs are put into the database by SQL. */
export const reads: Group = {
  name: 'reads',
  title: `The ${READ} newest of many runs, by state and time`,
  databases: ['sqlite', 'postgres'],
  quickDatabases: ['sqlite'],
  async measure(stage, scale, tell) {
    const results: Result[] = []
    for (const count of scale.seededRuns) {
      if (stage.product.name === 'genuine' && count > MOST_OF_GENUINE) continue
      const place = await stage.createPlace()
      const first = await stage.startServer(place)
      await completeOne(stage.connect(first.apiUrl))
      await first.child.stop()
      const startedAt = performance.now()
      await seedRuns(stage, place, count)
      tell(`${count} runs seeded in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
      const server = await stage.startServer(place)
      const body = {
        flow_runs: {
          state: { type: { any_: ['COMPLETED'] } },
          start_time: { after_: new Date(Date.now() - SINCE_HOURS * 3_600_000).toISOString() },
        },
        sort: 'START_TIME_DESC',
        limit: READ,
      }
      const read = await stage.connect(server.apiUrl).expect<object[]>('POST', '/flow_runs/filter', body)
      if (read.length !== READ) throw new Error(`A read of ${READ} runs gave ${read.length}.`)
      for (const connections of scale.readConnections) {
        const load = await runLoad({
          apiUrl: server.apiUrl,
          work: { name: 'post', path: '/flow_runs/filter', body },
          connections,
          warmUpSeconds: scale.warmUpSeconds,
          seconds: scale.loadSeconds,
        })
        const what = `${READ} newest of ${count.toLocaleString('en')} runs, ${connections} ${connections === 1 ? 'connection' : 'connections'}`
        tell(describeLoad(what, load, 'reads'))
        results.push(...toResults(what, load, { unit: 'reads' }))
      }
      await server.child.stop()
    }
    return results
  },
}

/** Its own columns would have to be filled for an hour. */
const MOST_OF_GENUINE = 100_000

async function completeOne(api: ApiConnection): Promise<void> {
  const flow = await api.expect<{ id: string }>('POST', '/flows/', { name: 'bench' })
  const run = await api.expect<{ id: string }>('POST', '/flow_runs/', {
    flow_id: flow.id,
    parameters: { x: 1 },
    state: { type: 'SCHEDULED', name: 'Scheduled' },
  })
  for (const type of ['PENDING', 'RUNNING', 'COMPLETED']) {
    const state = { type, name: type.charAt(0) + type.slice(1).toLowerCase() }
    await api.expect('POST', `/flow_runs/${run.id}/set_state`, { state, force: false })
  }
}
