import type { ReceivedEvent } from '../resources/event.ts'
import { type Microseconds, parseTimestamp } from '../time.ts'
import type { EventFilter } from './event.ts'
import { compileGlob } from './glob.ts'
import { matchesTextSearch, parseTextSearch } from './text-search.ts'

type Labels = Record<string, string>
type Test<T> = (value: T) => boolean

/**
 * Turns a filter into a test for events on their way, as live streams need it. `related` restricts searches in the
 * database only: genuine servers have no live counterpart either, see WC 2.3.
 */
export function compileEventFilter(filter: EventFilter): Test<ReceivedEvent> {
  const since = parseTimestamp(filter.occurred.since) ?? Number.NEGATIVE_INFINITY
  const until = parseTimestamp(filter.occurred.until) ?? Number.POSITIVE_INFINITY
  const tests: Test<ReceivedEvent>[] = [(event) => isBetween(parseTimestamp(event.occurred), since, until)]

  const { event: name, resource, text } = filter
  if (name?.prefix?.length) tests.push(({ event }) => name.prefix!.some((prefix) => event.startsWith(prefix)))
  if (name?.exclude_prefix?.length) tests.push(({ event }) => !name.exclude_prefix!.some((prefix) => event.startsWith(prefix)))
  if (name?.name?.length) tests.push(({ event }) => name.name!.includes(event))
  if (name?.exclude_name?.length) tests.push(({ event }) => !name.exclude_name!.includes(event))
  if (filter.id.id?.length) tests.push(({ id }) => filter.id.id!.includes(id))
  if (resource) {
    const matches = compileResource(resource)
    tests.push((event) => matches(event.resource))
  }
  for (const any of filter.any_resource ?? []) {
    const matches = compileResource(any)
    tests.push((event) => matches(event.resource) || event.related.some(matches))
  }
  if (text) {
    const search = parseTextSearch(text.query)
    tests.push((event) => matchesTextSearch(search, searchedText(event)))
  }
  return (event) => tests.every((test) => test(event))
}

type ResourceCriteria = { id?: string[] | null; id_prefix?: string[] | null; labels?: Record<string, string[]> | null }

function compileResource({ id, id_prefix, labels }: ResourceCriteria): Test<Labels> {
  const patterns = Object.entries(labels ?? {}).map(([label, globs]) => [label, globs.map(compileGlob)] as const)
  return (resource) => {
    const own = resource['prefect.resource.id'] ?? ''
    if (id?.length && !id.includes(own)) return false
    if (id_prefix?.length && !id_prefix.some((prefix) => own.startsWith(prefix))) return false
    return patterns.every(([label, globs]) => {
      const value = resource[label]
      return value !== undefined && globs.some((matches) => matches(value))
    })
  }
}

function isBetween(time: Microseconds | null, since: Microseconds, until: Microseconds): boolean {
  return time !== null && time >= since && time <= until
}

function searchedText(event: ReceivedEvent): string {
  const values = [event.resource, ...event.related].flatMap((resource) => Object.values(resource))
  return [event.event, ...values, JSON.stringify(event.payload)].join(' ')
}
