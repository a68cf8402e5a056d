import type { Result } from '../figures.ts'
import { runLoad } from '../load/run-load.ts'
import type { Group } from './group.ts'
import { describeLoad, toResults } from './load-results.ts'

const READABLE = 5000
const PER_REQUEST = 100

/** Events: accepted over the websocket and by requests, and until they can be read. */
export const events: Group = {
  name: 'events',
  title: 'Events',
  databases: ['sqlite', 'postgres'],
  quickDatabases: ['sqlite'],
  async measure(stage, scale, tell) {
    const server = await stage.startServer()
    const results: Result[] = []
    const common = { apiUrl: server.apiUrl, warmUpSeconds: scale.warmUpSeconds, seconds: scale.loadSeconds }

    const accepted: number[] = []
    const readable: number[] = []
    for (let time = 0; time <= scale.eventBursts; time++) {
      const burst = await runLoad({
        ...common,
        work: { name: 'event-burst', count: READABLE },
        connections: 1,
        warmUpSeconds: 0,
        times: 1,
      })
      // The first one is not counted: the server still compiles.
      if (time === 0) continue
      accepted.push(burst.marks.accepted!)
      readable.push(burst.marks.readable!)
    }
    const many = READABLE.toLocaleString('en')
    tell(
      `${many} events: accepted after ${accepted.map(Math.round).join(', ')} ms, readable after ${readable.map(Math.round).join(', ')} ms`,
    )
    results.push(
      { what: `${many} events over a websocket: accepted`, figure: { kind: 'times', show: 'median', samples: accepted } },
      { what: `${many} events over a websocket: readable`, figure: { kind: 'times', show: 'median', samples: readable } },
    )

    const streamed = await runLoad({ ...common, work: { name: 'event-stream' }, connections: 1 })
    const overSocket = 'events over one websocket, accepted'
    tell(describeLoad(overSocket, streamed, 'events'))
    results.push(...toResults(overSocket, streamed, { unit: 'events', request: `one ping after its events` }))

    const posted = await runLoad({ ...common, work: { name: 'events', batch: PER_REQUEST }, connections: 8 })
    const byRequest = `events by POST /events, ${PER_REQUEST} a request, 8 connections`
    tell(describeLoad(byRequest, posted, 'events', PER_REQUEST))
    results.push(...toResults(byRequest, posted, { unit: 'events', per: PER_REQUEST }))
    return results
  },
}
