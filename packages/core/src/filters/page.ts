import { z } from 'zod'
import { uuid } from '../resources/scalars.ts'

/** The two paging fields of a filter's body. The limit's bounds are checked later, because they answer otherwise. */
export const pageFields = {
  limit: z.number().int().optional(),
  offset: z.number().int().min(0, { message: 'Input should be greater than or equal to 0' }).default(0),
}

/** Paging by number, as the `/paginate` endpoints have it. */
export const numberedPageFields = {
  limit: z.number().int().optional(),
  page: z.number().int().min(1, { message: 'Input should be greater than or equal to 1' }).default(1),
}

/** Ours, ignored by genuine servers: the page begins after the row with this id, in the order that is asked for. */
export const keyPageFields = { after: uuid.optional() }
