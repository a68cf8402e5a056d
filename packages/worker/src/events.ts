import { uuid7 } from '@aedile/core/client/uuid7'
import type { RunContext } from '@aedile/core/infrastructure-definition'
import { formatTimestamp, type Microseconds, nowMicroseconds } from '@aedile/core/time'
import type { WorkerContext } from './worker-context.ts'

type Speaker = Pick<WorkerContext, 'definition' | 'events' | 'facts' | 'pool'>
type ToldRun = Pick<RunContext, 'flowRun' | 'flow' | 'deployment'>

/** Tells that the worker started or stopped. Events decide nothing, and nothing waits for them. */
export function emitWorkerEvent(context: Speaker, what: 'started' | 'stopped'): void {
  emit(context, { event: `prefect.worker.${what}`, resource: workerResource(context), related: [poolResource(context)] })
}

/** Tells that the worker submitted or executed a run. `labels` join what is said of the run. */
export function emitRunEvent(
  context: Speaker,
  what: 'submitted-flow-run' | 'executed-flow-run',
  run: ToldRun,
  labels: Record<string, string> = {},
): void {
  const related = relatedToRun(context, run, labels)
  emit(context, { event: `prefect.worker.${what}`, resource: workerResource(context), related })
}

/** What is known of an event about an attempt's thing before it is sent. */
export type ToldThing = {
  id: string
  follows: string | null
  occurred: Microseconds
  event: string
  /** Null: the worker itself. */
  resource: Record<string, string> | null
}

/** Tells what became of a run's thing. Where there is one, the worker is only related. */
export function emitThingEvent(context: Speaker, run: ToldRun, { resource, ...told }: ToldThing): void {
  const related = relatedToRun(context, run, {})
  const worker = workerResource(context)
  if (resource === null) emit(context, { ...told, resource: worker, related })
  else emit(context, { ...told, resource, related: [...related, { ...worker, 'prefect.resource.role': 'worker' }] })
}

function relatedToRun(
  context: Speaker,
  { flowRun, flow, deployment }: ToldRun,
  labels: Record<string, string>,
): Record<string, string>[] {
  return [
    ...(deployment ? [relatedResource('deployment', deployment)] : []),
    ...(flow ? [relatedResource('flow', flow)] : []),
    { ...relatedResource('flow-run', flowRun), ...labels },
    ...tagResources([deployment?.tags, flow?.tags, flowRun.tags]),
    poolResource(context),
  ]
}

/** The id of a worker in events: type and name, the name as a slug. */
export function workerResourceId(type: string, name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return `prefect.worker.${type}.${slug}`
}

function workerResource(context: Speaker): Record<string, string> {
  return {
    'prefect.resource.id': workerResourceId(context.definition.type, context.facts.name),
    'prefect.resource.name': context.facts.name,
    'prefect.version': '3.8.8',
    'prefect.worker-type': context.definition.type,
  }
}

function poolResource(context: Speaker): Record<string, string> {
  return relatedResource('work-pool', context.pool.current)
}

function relatedResource(kind: string, { id, name }: { id: string; name: string }): Record<string, string> {
  return { 'prefect.resource.id': `prefect.${kind}.${id}`, 'prefect.resource.name': name, 'prefect.resource.role': kind }
}

function tagResources(lists: (readonly string[] | null | undefined)[]): Record<string, string>[] {
  const tags = [...new Set(lists.flatMap((list) => list ?? []))].sort()
  return tags.map((tag) => ({ 'prefect.resource.id': `prefect.tag.${tag}`, 'prefect.resource.role': 'tag' }))
}

type Emitted = Partial<Omit<ToldThing, 'resource'>> & {
  event: string
  resource: Record<string, string>
  related: Record<string, string>[]
}

function emit({ events }: Speaker, { id = uuid7(), occurred = nowMicroseconds(), ...emitted }: Emitted): void {
  events.offer({ id, occurred: formatTimestamp(occurred), payload: {}, ...emitted })
}
