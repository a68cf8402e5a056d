import { buildEvent } from './events.ts'
import type { LeanAnswer } from './lean-connection.ts'
import type { Work } from './load.ts'

/** Sends one measured request; gives null when its answer was an error, which is then counted already. */
export type Send = (
  path: string,
  body: unknown,
  whatIsWrong?: (answer: LeanAnswer) => string | null,
) => Promise<LeanAnswer | null>

/** Work that is made of requests. */
export type RequestWork = Exclude<Work, { name: 'event-stream' | 'event-burst' }>

/** Makes the function that does the work once; it gives whether all of it was done. */
export function prepareWork(work: RequestWork): (send: Send) => Promise<boolean> {
  switch (work.name) {
    case 'runs':
      return (send) => passThroughStates(send, work.flowId)
    case 'logs': {
      const body = JSON.stringify(buildLines(work.flowRunId, work.batch))
      return async (send) => (await send('/logs/', body)) !== null
    }
    case 'queue': {
      const body = JSON.stringify({ scheduled_before: work.scheduledBefore })
      return async (send) => (await send(`/work_pools/${work.pool}/get_scheduled_flow_runs`, body)) !== null
    }
    case 'post': {
      const body = JSON.stringify(work.body)
      return async (send) => (await send(work.path, body)) !== null
    }
    case 'events': {
      const indexes = Array.from({ length: work.batch }, (_, index) => index)
      return async (send) =>
        (await send(
          '/events',
          indexes.map((index) => buildEvent('bench.thing', index)),
        )) !== null
    }
  }
}

let created = 0

/** One run through the public API, as a worker and an engine take it through its states: four requests. */
async function passThroughStates(send: Send, flowId: string): Promise<boolean> {
  created++
  const run = await send('/flow_runs/', {
    flow_id: flowId,
    name: `bench-${process.pid}-${created}`,
    parameters: { x: created },
    state: { type: 'SCHEDULED', name: 'Scheduled', state_details: { scheduled_time: new Date().toISOString() } },
  })
  if (run === null) return false
  const path = `/flow_runs/${(JSON.parse(run.text) as { id: string }).id}/set_state`
  for (const state of PASSED_STATES) if ((await send(path, { state, force: false }, wasAccepted)) === null) return false
  return true
}

const PASSED_STATES = [
  { type: 'PENDING', name: 'Pending' },
  { type: 'RUNNING', name: 'Running' },
  { type: 'COMPLETED', name: 'Completed' },
]

function wasAccepted({ text }: LeanAnswer): string | null {
  const { status } = JSON.parse(text) as { status: string }
  return status === 'ACCEPT' ? null : status
}

/** Each line has a time of its own, some microseconds apart, as clients write them. */
function buildLines(flowRunId: string, count: number): object[] {
  const second = new Date().toISOString().slice(0, 19)
  return Array.from({ length: count }, (_, index) => ({
    name: 'prefect.flow_runs',
    level: 20,
    message: `line ${index} ${'.'.repeat(80)}`,
    timestamp: `${second}.${String(123_456 + 11 * index).padStart(6, '0')}Z`,
    flow_run_id: flowRunId,
  }))
}
