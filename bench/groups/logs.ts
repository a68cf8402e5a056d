import type { Result } from '../figures.ts'
import { runLoad } from '../load/run-load.ts'
import type { Group } from './group.ts'
import { describeLoad, toResults } from './load-results.ts'

const LINES_PER_REQUEST = 100

/** Log lines per second: batches of 100 lines of about 90 characters to one run. */
export const logs: Group = {
  name: 'logs',
  title: 'Logs (POST /logs/, 100 lines a request)',
  databases: ['sqlite', 'postgres'],
  async measure(stage, scale, tell) {
    const server = await stage.startServer()
    const api = stage.connect(server.apiUrl)
    const flow = await api.expect<{ id: string }>('POST', '/flows/', { name: 'bench' })
    const run = await api.expect<{ id: string }>('POST', '/flow_runs/', {
      flow_id: flow.id,
      state: { type: 'RUNNING', name: 'Running' },
    })
    const results: Result[] = []
    for (const connections of scale.runConnections.filter((number) => number > 1)) {
      const load = await runLoad({
        apiUrl: server.apiUrl,
        work: { name: 'logs', flowRunId: run.id, batch: LINES_PER_REQUEST },
        connections,
        warmUpSeconds: scale.warmUpSeconds,
        seconds: scale.loadSeconds,
      })
      const what = `log lines, ${connections} connections`
      tell(describeLoad(what, load, 'lines', LINES_PER_REQUEST))
      results.push(...toResults(what, load, { unit: 'lines', per: LINES_PER_REQUEST }))
    }
    return results
  },
}
