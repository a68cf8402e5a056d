import type { Result } from '../figures.ts'
import { runLoad } from '../load/run-load.ts'
import { createDeployment, createPool } from './deployments.ts'
import type { Group } from './group.ts'
import { describeLoad, toResults } from './load-results.ts'

const QUEUED = 1000
const PER_REQUEST = 100
const POOL = 'bench'

/** A worker's question for due runs, `get_scheduled_flow_runs`, with 1,000 in the queue. */
export const queue: Group = {
  name: 'queue',
  title: 'get_scheduled_flow_runs with 1,000 queued',
  databases: ['sqlite', 'postgres'],
  quickDatabases: ['sqlite'],
  async measure(stage, scale, tell) {
    const server = await stage.startServer()
    const api = stage.connect(server.apiUrl)
    await createPool(api, POOL)
    const deployment = await createDeployment(api, POOL, {})
    // Due in an hour, and asked for ahead: otherwise the service that marks late runs would write to each of them meanwhile.
    const state = { type: 'SCHEDULED', name: 'Scheduled', state_details: { scheduled_time: inHours(1) } }
    for (let made = 0; made < QUEUED; made += PER_REQUEST)
      await api.expect('POST', `/deployments/${deployment}/create_flow_run/bulk`, Array(PER_REQUEST).fill({ state }))
    const scheduledBefore = inHours(2)
    const results: Result[] = []
    for (const connections of scale.readConnections) {
      const load = await runLoad({
        apiUrl: server.apiUrl,
        work: { name: 'queue', pool: POOL, scheduledBefore },
        connections,
        warmUpSeconds: scale.warmUpSeconds,
        seconds: scale.loadSeconds,
      })
      const what = `polls, ${connections} ${connections === 1 ? 'connection' : 'connections'}`
      tell(describeLoad(what, load, 'polls'))
      results.push(...toResults(what, load, { unit: 'polls' }))
    }
    return results
  },
}

function inHours(hours: number): string {
  return new Date(Date.now() + hours * 3_600_000).toISOString()
}
