import type { Result } from '../figures.ts'
import { runLoad } from '../load/run-load.ts'
import type { Group } from './group.ts'
import { describeLoad, toResults } from './load-results.ts'

/** Runs per second through the public API: create, Pending, Running, Completed. Each number of connections on a server of its own. */
export const runs: Group = {
  name: 'runs',
  title: 'Runs (create, Pending, Running, Completed: four requests)',
  databases: ['sqlite', 'postgres'],
  async measure(stage, scale, tell) {
    const results: Result[] = []
    for (const connections of scale.runConnections) {
      const server = await stage.startServer()
      const flow = await stage.connect(server.apiUrl).expect<{ id: string }>('POST', '/flows/', { name: 'bench' })
      const load = await runLoad({
        apiUrl: server.apiUrl,
        work: { name: 'runs', flowId: flow.id },
        connections,
        warmUpSeconds: scale.warmUpSeconds,
        seconds: scale.loadSeconds,
      })
      const what = `runs, ${connections} ${connections === 1 ? 'connection' : 'connections'}`
      tell(describeLoad(what, load, 'runs'))
      results.push(...toResults(what, load, { unit: 'runs' }))
      await server.child.stop()
    }
    return results
  },
}
