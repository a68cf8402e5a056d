import type { ArtifactCollectionFilter, ArtifactFilter } from '@aedile/core/filters/artifact'
import { type Condition, combine, type DatabaseKind, matchColumn } from './condition.ts'

/** The condition of a filter for artifacts, on the table `artifact`. */
export function artifactCondition(filter: ArtifactFilter, kind: DatabaseKind): Condition {
  return combine(filter.operator, [
    matchColumn('artifact.id', filter.id, kind),
    matchColumn('artifact.key', filter.key, kind),
    matchColumn('artifact.flow_run_id', filter.flow_run_id, kind),
    matchColumn('artifact.task_run_id', filter.task_run_id, kind),
    matchColumn('artifact.type', filter.type, kind),
  ])
}

/** The condition of a filter for the latest artifact of each key, on the table `artifact_collection`. */
export function artifactCollectionCondition(filter: ArtifactCollectionFilter, kind: DatabaseKind): Condition {
  return combine(filter.operator, [
    matchColumn('artifact_collection.latest_id', filter.latest_id, kind),
    matchColumn('artifact_collection.key', filter.key, kind),
    matchColumn('artifact_collection.flow_run_id', filter.flow_run_id, kind),
    matchColumn('artifact_collection.task_run_id', filter.task_run_id, kind),
    matchColumn('artifact_collection.type', filter.type, kind),
  ])
}
