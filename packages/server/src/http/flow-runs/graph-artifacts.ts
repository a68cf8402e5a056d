import type { JsonValue } from '@aedile/core/json'
import { json, timestamp, uuid } from '@aedile/core/resources/scalars'
import { formatTimestamp } from '@aedile/core/time'
import { z } from 'zod'
import type { Store } from '../../store/store.ts'

/** An artifact as a graph shows it; data only of those that show progress. */
export const graphArtifact = z.object({
  id: uuid,
  created: timestamp,
  key: z.string().nullable(),
  type: z.string().nullable(),
  is_latest: z.boolean(),
  data: json.nullable(),
})
export type GraphArtifact = z.output<typeof graphArtifact>

/** The most artifacts that one graph carries. */
const MOST_ARTIFACTS = 10_000

/** Reads the artifacts of a flow run by their task run; those of the flow itself stand under null. */
export async function readGraphArtifacts(store: Store, flowRunId: string): Promise<Map<string | null, GraphArtifact[]>> {
  const query = store.db
    .selectFrom('artifact')
    .leftJoin('artifact_collection', 'artifact_collection.latest_id', 'artifact.id')
    .select([
      'artifact.id',
      'artifact.created',
      'artifact.key',
      'artifact.type',
      'artifact.data',
      'artifact.task_run_id as taskRunId',
      'artifact_collection.id as collectionId',
    ])
    .where('artifact.flow_run_id', '=', flowRunId)
    .where('artifact.type', '<>', 'result')
    .orderBy('artifact.created')
    .limit(MOST_ARTIFACTS)
  const byTaskRun = new Map<string | null, GraphArtifact[]>()
  for (const { collectionId, taskRunId, ...row } of await store.search(query.compile())) {
    const artifact: GraphArtifact = {
      id: row.id,
      created: formatTimestamp(row.created),
      key: row.key,
      type: row.type,
      is_latest: row.key === null || collectionId !== null,
      data: row.type === 'progress' && row.data !== null ? (JSON.parse(row.data) as JsonValue) : null,
    }
    byTaskRun.set(taskRunId, [...(byTaskRun.get(taskRunId) ?? []), artifact])
  }
  return byTaskRun
}
