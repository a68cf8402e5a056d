import type { ReceivedEvent } from '@aedile/core/resources/event'
import { formatPythonIso, formatTimestamp, type Microseconds } from '@aedile/core/time'
import type { StateChange } from '../orchestration/state-change.ts'

type Labels = Record<string, string>
type StateSummary = StateChange['validated_state']

/** An object as events name it. */
export type Named = { id: string; name: string; tags: string[]; type?: string }
/** What belongs to a flow run, as far as it still exists. */
export type RunRelations = { flow?: Named; deployment?: Named; workQueue?: Named; workPool?: Named; taskRun?: Named }

/** States further apart than this are ordered by their times alone. */
const TIGHT: Microseconds = 5 * 60 * 1_000_000

/** Builds the event of a flow run's change of state. Its id is the state's, so making it twice makes one. Source: WC 6.9. */
export function buildFlowRunEvent(
  change: StateChange,
  relations: RunRelations,
  pauses: ReadonlyMap<string, boolean>,
  received: Microseconds,
): ReceivedEvent {
  const { run_id, run, initial_state: initial, validated_state: validated } = change
  return {
    occurred: formatTimestamp(validated.timestamp),
    event: `prefect.flow-run.${validated.name}`,
    resource: {
      'prefect.resource.id': `prefect.flow-run.${run_id}`,
      'prefect.resource.name': run.name,
      'prefect.run-count': String(run.run_count),
      'prefect.state-message': validated.message ?? '',
      'prefect.state-name': validated.name,
      'prefect.state-timestamp': formatPythonIso(validated.timestamp),
      'prefect.state-type': validated.type,
    },
    related: [...relatedResources(run.tags, relations), ...creatorResource(run.created_by)],
    payload: {
      intended: { from: initial?.type ?? null, to: validated.type },
      initial_state: initial && summarize(initial, pauses),
      validated_state: summarize(validated, pauses),
    },
    id: validated.id,
    follows: initial && Math.abs(validated.timestamp - initial.timestamp) < TIGHT ? initial.id : null,
    received: formatTimestamp(received),
  }
}

function relatedResources(runTags: readonly string[], relations: RunRelations): Labels[] {
  const { flow, deployment, workQueue, workPool, taskRun } = relations
  const named = [
    flow && label('flow', flow),
    deployment && label('deployment', deployment),
    workQueue && label('work-queue', workQueue),
    workPool && { ...label('work-pool', workPool), 'prefect.work-pool.type': workPool.type ?? '' },
    taskRun && label('task-run', taskRun),
  ]
  const tags = new Set([...runTags, ...[flow, deployment, taskRun].flatMap((object) => object?.tags ?? [])])
  const tagged = [...tags].sort().map((tag) => ({
    'prefect.resource.id': `prefect.tag.${tag}`,
    'prefect.resource.role': 'tag',
  }))
  return [...named.filter((resource) => resource !== undefined), ...tagged]
}

function label(role: string, { id, name }: Named): Labels {
  return { 'prefect.resource.id': `prefect.${role}.${id}`, 'prefect.resource.role': role, 'prefect.resource.name': name }
}

function creatorResource(creator: StateChange['run']['created_by']): Labels[] {
  const kind = creator?.type === 'DEPLOYMENT' ? 'deployment' : creator?.type === 'AUTOMATION' ? 'automation' : null
  if (kind === null) return []
  const resource: Labels = { 'prefect.resource.id': `prefect.${kind}.${creator?.id}`, 'prefect.resource.role': 'creator' }
  if (creator?.display_value) resource['prefect.resource.name'] = String(creator.display_value)
  return [resource]
}

function summarize(state: StateSummary, pauses: ReadonlyMap<string, boolean>): Labels {
  const summary: Labels = { type: state.type }
  if (state.name) summary.name = state.name
  if (state.message) summary.message = state.message
  if (state.type === 'PAUSED') summary.pause_reschedule = String(pauses.get(state.id) ?? false)
  return summary
}
