import type { ApiClient } from '@aedile/core/client/client'
import { streamEvents } from '@aedile/core/client/streams'
import type { ReceivedEvent } from '@aedile/core/resources/event'
import type { StateType } from '@aedile/core/states'

/** A run that has come into a state. */
export type RunNews = {
  id: string
  name: string
  flow: string
  state_type: StateType
  state_name: string
  message: string | null
  at: Date
}

const RUN = 'prefect.flow-run.'

/** Tells every state of every run, as it comes, until the signal fires. */
export async function* streamRunNews(client: ApiClient, signal: AbortSignal, onConnected: () => void): AsyncGenerator<RunNews> {
  const since = Date.now()
  for await (const event of streamEvents(client, { event: { prefix: [RUN] } }, { signal, onConnected })) {
    const news = readRunNews(event)
    // The stream begins a minute back; that was another session.
    if (news && news.at.getTime() >= since) yield news
  }
}

/** What an event says of a run; null when it is about something else. */
export function readRunNews({ resource, related, occurred }: ReceivedEvent): RunNews | null {
  const id = resource['prefect.resource.id'] ?? ''
  const type = resource['prefect.state-type']
  if (!id.startsWith(RUN) || !type) return null
  const flow = related.find((one) => one['prefect.resource.role'] === 'flow')
  return {
    id: id.slice(RUN.length),
    name: resource['prefect.resource.name'] ?? id,
    flow: flow?.['prefect.resource.name'] ?? '',
    state_type: type as StateType,
    state_name: resource['prefect.state-name'] ?? type,
    message: resource['prefect.state-message'] || null,
    at: new Date(occurred),
  }
}
