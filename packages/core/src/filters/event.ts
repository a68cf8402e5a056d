import { z } from 'zod'
import { timestamp, uuid } from '../resources/scalars.ts'
import { formatTimestamp, MICROSECONDS_PER_SECOND, nowMicroseconds } from '../time.ts'
import { criteria, soughtText, textSearch } from './criteria.ts'

const texts = z.array(soughtText)

/** Labels and the patterns that their value may have; one pattern or a list, any of which is enough. */
const labels = z.record(
  soughtText,
  z.union([soughtText, texts]).transform((value) => (typeof value === 'string' ? [value] : value)),
)

const related = criteria({
  id: texts,
  role: texts,
  resources_in_roles: z.array(z.tuple([soughtText, soughtText])),
  labels,
})
const anyResource = criteria({ id: texts, id_prefix: texts, labels })
const oneOrMore = <T extends z.ZodType>(schema: T) =>
  z.union([schema, z.array(schema)]).transform((value) => (Array.isArray(value) ? value : [value]))

const DAY = 86_400 * MICROSECONDS_PER_SECOND
const startOfWindow = () => {
  const now = nowMicroseconds()
  return formatTimestamp(now - (now % DAY) - 180 * DAY)
}
const now = () => formatTimestamp(nowMicroseconds())

/** Source: WC 2.3. A missing `until` is the moment of parsing, so a live stream without one gets nothing new. */
export const eventFilter = z.strictObject({
  occurred: z.strictObject({ since: timestamp.default(startOfWindow), until: timestamp.default(now) }).prefault({}),
  event: criteria({ prefix: texts, exclude_prefix: texts, name: texts, exclude_name: texts }).nullish(),
  resource: z
    .strictObject({
      id: texts.nullish(),
      id_prefix: texts.nullish(),
      labels: labels.nullish(),
      distinct: z.boolean().default(false),
    })
    .nullish(),
  related: oneOrMore(related).nullish(),
  any_resource: oneOrMore(anyResource).nullish(),
  id: z.strictObject({ id: z.array(uuid).nullish() }).prefault({}),
  text: textSearch.nullish(),
  order: z.enum(['ASC', 'DESC']).default('DESC'),
})
export type EventFilter = z.output<typeof eventFilter>
export type EventFilterInput = z.input<typeof eventFilter>
