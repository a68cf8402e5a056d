import { sendEvents } from '@aedile/core/client/events'
import { uuid7 } from '@aedile/core/client/uuid7'
import type { RunContext } from '@aedile/core/infrastructure-definition'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import type { WorkerContext } from './worker-context.ts'

type Speaker = Pick<WorkerContext, 'client' | 'definition' | 'facts' | 'pool' | 'log'>

/** Tells that the worker started or stopped. Events decide nothing; one that cannot be sent is dropped. */
export function emitWorkerEvent(context: Speaker, what: 'started' | 'stopped'): Promise<void> {
  return emit(context, `prefect.worker.${what}`, workerResource(context), [poolResource(context)])
}

/** Tells that the worker submitted or executed a run. `labels` join what is said of the run. */
export function emitRunEvent(
  context: Speaker,
  what: 'submitted-flow-run' | 'executed-flow-run',
  run: Pick<RunContext, 'flowRun' | 'flow' | 'deployment'>,
  labels: Record<string, string> = {},
): Promise<void> {
  const related = [
    ...(run.deployment ? [relatedResource('deployment', run.deployment)] : []),
    ...(run.flow ? [relatedResource('flow', run.flow)] : []),
    { ...relatedResource('flow-run', run.flowRun), ...labels },
    ...tagResources([run.deployment?.tags, run.flow?.tags, run.flowRun.tags]),
    poolResource(context),
  ]
  return emit(context, `prefect.worker.${what}`, workerResource(context), related)
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

async function emit(
  context: Speaker,
  event: string,
  resource: Record<string, string>,
  related: Record<string, string>[],
): Promise<void> {
  const occurred = formatTimestamp(nowMicroseconds())
  const sent = { id: uuid7(), occurred, event, resource, related, payload: {} }
  await sendEvents(context.client, [sent], { maxRetries: 1, timeoutSeconds: 10 }).catch((error: unknown) => {
    context.log.debug({ err: error, event }, 'An event could not be sent')
  })
}
