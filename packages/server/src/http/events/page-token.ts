import { type EventFilter, eventFilter } from '@aedile/core/filters/event'
import { z } from 'zod'
import { HttpError } from '../route.ts'

const token = z.object({
  filter: eventFilter,
  count: z.number().int(),
  page_size: z.number().int().min(0).max(50),
  offset: z.number().int().min(0),
})
export type EventPageToken = z.output<typeof token>

/** The token of the page after this one, or null when this is the last. Clients pass it on unread. */
export function writePageToken(filter: EventFilter, count: number, pageSize: number, offset: number): string | null {
  if (offset + pageSize >= count) return null
  const text = JSON.stringify({ filter, count, page_size: pageSize, offset: offset + pageSize })
  return toBase64(toBase64(text))
}

export function readPageToken(text: string): EventPageToken {
  try {
    return token.parse(JSON.parse(fromBase64(fromBase64(text))))
  } catch {
    throw new HttpError(403, 'Forbidden')
  }
}

const toBase64 = (text: string) => Buffer.from(text).toString('base64')
const fromBase64 = (text: string) => Buffer.from(text, 'base64').toString()
