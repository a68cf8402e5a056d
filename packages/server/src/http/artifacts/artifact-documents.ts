import type { Artifact } from '@aedile/core/resources/artifact'
import { formatTimestamp } from '@aedile/core/time'
import type { ArtifactCollectionTable, ArtifactTable } from '../../store/tables.ts'

/** An artifact as answers carry it. */
export function toArtifact(row: ArtifactTable): Artifact {
  return {
    id: row.id,
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
    key: row.key,
    type: row.type,
    description: row.description,
    data: row.data === null ? null : JSON.parse(row.data),
    metadata_: row.metadata_ === null ? null : JSON.parse(row.metadata_),
    flow_run_id: row.flow_run_id,
    task_run_id: row.task_run_id,
  }
}

/** The latest artifact of a key, as answers carry it. */
export function toArtifactCollection(row: ArtifactCollectionTable) {
  return {
    id: row.id,
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
    key: row.key,
    latest_id: row.latest_id,
    type: row.type,
    description: row.description,
    data: row.data === null ? null : JSON.parse(row.data),
    metadata_: row.metadata_ === null ? null : JSON.parse(row.metadata_),
    flow_run_id: row.flow_run_id,
    task_run_id: row.task_run_id,
  }
}
