import type { RunContext } from '@aedile/core/infrastructure-definition'
import type { EventInput } from '@aedile/core/resources/event'
import { event as eventSchema } from '@aedile/core/resources/event'
import { describe, expect, it } from 'vitest'
import type { EventSender } from '../event-sender.ts'
import { noteOf, WorkerStage } from '../testing/worker-stage.ts'
import { Attempt } from './attempt.ts'
import { tellThingEvent } from './thing-events.ts'

const MINUTE = 60 * 1_000_000
const NOON = Date.UTC(2026, 0, 1, 12) * 1000

/** A worker that picks up the attempt, and the events that it offers. */
function pickUp(stage: WorkerStage) {
  const offered: EventInput[] = []
  const events = { offer: (event: EventInput) => void offered.push(eventSchema.parse(event)) } as unknown as EventSender
  const attempt = new Attempt(stage.notes, noteOf('key'))
  attempt.run = RUN
  return { context: { ...stage.context, events }, attempt, offered }
}

const RUN = {
  flowRun: { id: 'r', name: 'calm-cat', tags: ['b', 'a'] },
  flow: { id: 'f', name: 'sums', tags: [] },
  deployment: { id: 'd', name: 'nightly', tags: ['a'] },
  workPool: null,
} as unknown as RunContext
const thing = { 'prefect.resource.id': 'prefect.docker.container.1', 'prefect.resource.name': 'calm-cat' }
const worker = {
  'prefect.resource.id': 'prefect.worker.process.me',
  'prefect.resource.name': 'me',
  'prefect.version': '3.8.8',
  'prefect.worker-type': 'process',
}

describe('an event about a thing', () => {
  it('says whose run it is and which worker tells it, as a genuine worker says it', () => {
    const { context, attempt, offered } = pickUp(new WorkerStage())
    tellThingEvent(context, attempt, { event: 'made', resource: thing, occurred: NOON })
    expect(offered).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        event: 'made',
        occurred: '2026-01-01T12:00:00Z',
        follows: null,
        payload: {},
        resource: thing,
        related: [
          {
            'prefect.resource.id': 'prefect.deployment.d',
            'prefect.resource.role': 'deployment',
            'prefect.resource.name': 'nightly',
          },
          { 'prefect.resource.id': 'prefect.flow.f', 'prefect.resource.role': 'flow', 'prefect.resource.name': 'sums' },
          {
            'prefect.resource.id': 'prefect.flow-run.r',
            'prefect.resource.role': 'flow-run',
            'prefect.resource.name': 'calm-cat',
          },
          { 'prefect.resource.id': 'prefect.tag.a', 'prefect.resource.role': 'tag' },
          { 'prefect.resource.id': 'prefect.tag.b', 'prefect.resource.role': 'tag' },
          {
            'prefect.resource.id': 'prefect.work-pool.pool-id',
            'prefect.resource.role': 'work-pool',
            'prefect.resource.name': 'pool',
          },
          { ...worker, 'prefect.resource.role': 'worker' },
        ],
      },
    ])
  })

  it('is about the worker, and related to no other, where no thing came to be', () => {
    const { context, attempt, offered } = pickUp(new WorkerStage())
    tellThingEvent(context, attempt, { event: 'not made', resource: null })
    expect(offered[0]!.resource).toEqual(worker)
    expect(offered[0]!.related!.map((related) => related['prefect.resource.role'])).not.toContain('worker')
  })

  it('follows the one before it, unless that was long ago', () => {
    const { context, attempt, offered } = pickUp(new WorkerStage())
    tellThingEvent(context, attempt, { event: 'made', resource: thing, occurred: NOON })
    tellThingEvent(context, attempt, { event: 'running', resource: thing, occurred: NOON + MINUTE, follows: 'made' })
    tellThingEvent(context, attempt, { event: 'exited', resource: thing, occurred: NOON + 9 * MINUTE, follows: 'running' })
    const other = { ...thing, 'prefect.resource.id': 'prefect.docker.container.2' }
    tellThingEvent(context, attempt, { event: 'running', resource: other, occurred: NOON, follows: 'made' })
    expect(offered.map(({ follows }) => follows)).toEqual([null, offered[0]!.id, null, null])
  })

  it('is told once by a worker, and is the same event when the next worker tells it again', () => {
    const stage = new WorkerStage()
    const [killed, next] = [pickUp(stage), pickUp(stage)]
    for (const { context, attempt } of [killed, killed, next]) {
      tellThingEvent(context, attempt, { event: 'running', resource: thing, occurred: NOON })
    }
    expect(killed.offered).toHaveLength(1)
    expect(next.offered).toEqual(killed.offered)
  })
})
