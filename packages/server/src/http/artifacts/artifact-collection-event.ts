import type { LifecycleEvent } from '../../resource-events/lifecycle-event.ts'
import type { ArtifactCollectionTable } from '../../store/tables.ts'

/** What happened to the latest artifact of a key, as an event. Source: WC 6.9. */
export function toArtifactCollectionEvent(
  action: 'created' | 'updated' | 'deleted',
  row: ArtifactCollectionTable,
): LifecycleEvent {
  const related = (kind: string, id: string | null, role: string) =>
    id === null ? [] : [{ 'prefect.resource.id': `prefect.${kind}.${id}`, 'prefect.resource.role': role }]
  return {
    event: `prefect.artifact-collection.${action}`,
    resource: { 'prefect.resource.id': `prefect.artifact-collection.${row.id}`, 'prefect.resource.name': row.key },
    related: [
      ...related('artifact', row.latest_id, 'latest'),
      ...related('flow-run', row.flow_run_id, 'flow-run'),
      ...related('task-run', row.task_run_id, 'task-run'),
    ],
    payload: {
      key: row.key,
      type: row.type,
      data: row.data === null ? null : JSON.parse(row.data),
      description: row.description,
    },
  }
}
