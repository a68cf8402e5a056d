import { type Microseconds, nowMicroseconds, parseTimestamp } from '@aedile/core/time'
import type { Sink } from '@aedile/worker/infrastructure-driver'
import type { Container } from './api.ts'

/** The events of a genuine worker: what a container is, under the name of its status. Source: INF B.3. */
const CREATED = nameOf('created')
const RUNNING = nameOf('running')

/** Tells that a container was created, now when no time is given. */
export function tellCreated(sink: Sink, id: string, name: string, occurred: Microseconds = nowMicroseconds()): void {
  sink.event?.({ event: CREATED, resource: resourceOf(id, name), occurred })
}

/** Tells that a container could not be created. It is the worker that this is said of: there is no container. */
export function tellCreationFailed(sink: Sink): void {
  sink.event?.({ event: nameOf('creation-failed'), resource: null })
}

/** Tells that a container runs, or ran, with the time at which the engine started it. */
export function tellStarted(sink: Sink, { Id, Name, State }: Container): void {
  const occurred = parseTimestamp(State.StartedAt)
  const resource = resourceOf(Id, Name.slice(1))
  if (occurred !== null) sink.event?.({ event: RUNNING, resource, occurred, follows: CREATED })
}

/** Tells that a container is over: `exited`, or `dead`. */
export function tellEnded(sink: Sink, { Id, Name, State }: Container): void {
  const occurred = parseTimestamp(State.FinishedAt)
  const resource = resourceOf(Id, Name.slice(1))
  if (occurred !== null) sink.event?.({ event: nameOf(State.Status), resource, occurred, follows: RUNNING })
}

function nameOf(status: string): string {
  return `prefect.docker.container.${status}`
}

function resourceOf(id: string, name: string): Record<string, string> {
  return { 'prefect.resource.id': `prefect.docker.container.${id}`, 'prefect.resource.name': name }
}
