import type { EventFilter } from '@aedile/core/filters/event'
import { type SqlBool, sql } from 'kysely'
import { ALWAYS, type Condition, combine, type DatabaseKind, isOneOf, NEVER, startsWith, toMicroseconds } from './condition.ts'
import { textUnderKey } from './json-column.ts'
import { matchText } from './text-search.ts'

const SEARCHED_TEXT = sql`(event.event || ' ' || cast(event.resource as text) || ' ' || cast(event.related as text)
  || ' ' || cast(event.payload as text))`

type Labels = Record<string, string[]>

/** The condition of a filter for events, on the table `event`. Every lookup of resources stays in the filter's window. */
export function eventCondition(filter: EventFilter, kind: DatabaseKind): Condition {
  const { event, resource } = filter
  return combine('and_', [
    inWindow('event.occurred', filter),
    filter.id.id?.length ? isOneOf('event.id', filter.id.id, kind) : undefined,
    anyPrefix('event.event', event?.prefix),
    ...(event?.exclude_prefix ?? []).map((prefix) => sql<SqlBool>`not (${startsWith('event.event', prefix)})`),
    event?.name?.length ? isOneOf('event.event', event.name, kind) : undefined,
    event?.exclude_name?.length ? sql<SqlBool>`not (${isOneOf('event.event', event.exclude_name, kind)})` : undefined,
    resource?.id?.length ? isOneOf('event.resource_id', resource.id, kind) : undefined,
    anyPrefix('event.resource_id', resource?.id_prefix),
    hasLabels(resource?.labels)
      ? withResource(filter, [sql<SqlBool>`event_resource.resource_role = ''`, matchLabels(resource.labels, kind)])
      : undefined,
    ...(filter.related ?? []).map((related) => matchRelated(filter, related, kind)),
    ...(filter.any_resource ?? []).map((any) =>
      withResource(filter, [
        any.id?.length ? isOneOf('event_resource.resource_id', any.id, kind) : undefined,
        anyPrefix('event_resource.resource_id', any.id_prefix),
        hasLabels(any.labels) ? matchLabels(any.labels, kind) : undefined,
      ]),
    ),
    matchText(SEARCHED_TEXT, filter.text),
  ])
}

function inWindow(column: string, filter: EventFilter): Condition {
  const { since, until } = filter.occurred
  return sql<SqlBool>`${sql.ref(column)} between ${toMicroseconds(since)} and ${toMicroseconds(until)}`
}

function anyPrefix(column: string, prefixes: readonly string[] | null | undefined): Condition | undefined {
  if (!prefixes?.length) return undefined
  return combine(
    'or_',
    prefixes.map((prefix) => startsWith(column, prefix)),
  )
}

/** Asks for related resources only, unless it names roles. */
function matchRelated(filter: EventFilter, related: NonNullable<EventFilter['related']>[number], kind: DatabaseKind) {
  const conditions = [
    related.id?.length ? isOneOf('event_resource.resource_id', related.id, kind) : undefined,
    related.role?.length ? isOneOf('event_resource.resource_role', related.role, kind) : undefined,
    related.resources_in_roles?.length
      ? combine(
          'or_',
          related.resources_in_roles.map(
            ([id, role]) => sql<SqlBool>`(event_resource.resource_id = ${id} and event_resource.resource_role = ${role})`,
          ),
        )
      : undefined,
    hasLabels(related.labels) ? matchLabels(related.labels, kind) : undefined,
  ]
  if (conditions.every((condition) => condition === undefined)) return undefined
  if (!related.role?.length) conditions.push(sql<SqlBool>`event_resource.resource_role <> ''`)
  return withResource(filter, conditions)
}

function withResource(filter: EventFilter, conditions: (Condition | undefined)[]): Condition | undefined {
  if (conditions.every((condition) => condition === undefined)) return undefined
  const all = combine('and_', [inWindow('event_resource.occurred', filter), ...conditions])
  return sql<SqlBool>`event.id in (select event_resource.event_id from event_resource where ${all})`
}

function hasLabels(labels: Labels | null | undefined): labels is Labels {
  return labels != null && Object.keys(labels).length > 0
}

function matchLabels(labels: Labels, kind: DatabaseKind): Condition {
  return combine(
    'and_',
    Object.entries(labels).map(([label, patterns]) => {
      if (label === 'prefect.resource.id') {
        if (patterns.length === 0) return ALWAYS
        return matchesAnyPattern(sql`event_resource.resource_id`, patterns, kind)
      }
      if (label === 'prefect.resource.role' && patterns.length > 0) {
        return isOneOf('event_resource.resource_role', patterns, kind)
      }
      return patterns.length === 0
        ? NEVER
        : matchesAnyPattern(textUnderKey('event_resource.resource', label, kind), patterns, kind)
    }),
  )
}

function matchesAnyPattern(text: ReturnType<typeof sql>, patterns: readonly string[], kind: DatabaseKind): Condition {
  return combine(
    'or_',
    patterns.map((pattern) => {
      const negated = pattern.startsWith('!')
      const condition = matchesPattern(text, negated ? pattern.slice(1) : pattern, kind)
      return negated ? sql<SqlBool>`not (${condition})` : condition
    }),
  )
}

/** `*` stands for any text, `?` for one character; case counts. A missing label is null and never matches. */
function matchesPattern(text: ReturnType<typeof sql>, pattern: string, kind: DatabaseKind): Condition {
  if (kind === 'sqlite') return sql<SqlBool>`${text} glob ${pattern.replaceAll('[', '[[]')}`
  const like = pattern
    .replace(/[\\%_]/g, '\\$&')
    .replaceAll('*', '%')
    .replaceAll('?', '_')
  return sql<SqlBool>`${text} like ${like} escape '\\'`
}
