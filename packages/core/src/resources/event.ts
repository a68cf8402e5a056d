import { z } from 'zod'
import { jsonObject, timestamp, uuid } from './scalars.ts'

const labels = z.record(z.string(), z.string())

/** The resource that an event is about: labels, `prefect.resource.id` among them. At most 500 labels. */
export const eventResource = labels
  .refine((resource) => Boolean(resource['prefect.resource.id']), {
    message: 'Resources must include the prefect.resource.id label with non-empty text',
  })
  .refine((resource) => Object.keys(resource).length <= 500, { message: 'Resources may have at most 500 labels' })

export const relatedResource = eventResource.refine((resource) => Boolean(resource['prefect.resource.role']), {
  message: 'Related Resources must include the prefect.resource.role label with non-empty text',
})

/** An event as clients send it. Source: WC 2.2. */
export const event = z.object({
  occurred: timestamp,
  event: z.string().max(1024),
  resource: eventResource,
  related: z.array(relatedResource).max(100).default([]),
  payload: jsonObject.default({}),
  id: uuid,
  follows: uuid.nullish(),
})
export type Event = z.output<typeof event>
export type EventInput = z.input<typeof event>

/** An event as the server keeps it. */
export const receivedEvent = event.extend({ received: timestamp })
export type ReceivedEvent = z.output<typeof receivedEvent>
