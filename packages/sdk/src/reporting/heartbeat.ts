import { uuid7 } from '@aedile/core/client/uuid7'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import type { EventSender } from './event-sender.ts'
import type { RelatedResource } from './related-resources.ts'

/** Tells the server that a run is alive: at its start and then every so often. Returns what ends it. */
export function startHeartbeat(
  events: EventSender,
  flowRun: { id: string; name: string },
  related: Promise<RelatedResource[]>,
  intervalSeconds: number,
): () => void {
  const runId = `prefect.flow-run.${flowRun.id}`
  // The run is what the event is about, so it is not among what it is related to.
  const others = related.then((all) => all.filter((one) => one['prefect.resource.id'] !== runId))
  const beat = () =>
    events.add(
      {
        id: uuid7(),
        occurred: formatTimestamp(nowMicroseconds()),
        event: 'prefect.flow-run.heartbeat',
        resource: { 'prefect.resource.id': runId, 'prefect.resource.name': flowRun.name, 'prefect.version': '3.8.8' },
        payload: {},
      },
      others,
    )
  beat()
  const timer = setInterval(beat, intervalSeconds * 1000)
  timer.unref()
  return () => clearInterval(timer)
}
