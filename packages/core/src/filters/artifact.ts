import { z } from 'zod'
import { anyId, anyOrNoText, combined, keyFilter } from './criteria.ts'

const shared = { key: keyFilter, flow_run_id: anyId, task_run_id: anyId, type: anyOrNoText }

export const artifactFilter = combined({ id: anyId, ...shared })
export type ArtifactFilter = z.output<typeof artifactFilter>

/** Artifact collections: the latest artifact of each key. */
export const artifactCollectionFilter = combined({ latest_id: anyId, ...shared })
export type ArtifactCollectionFilter = z.output<typeof artifactCollectionFilter>

export const artifactSort = z.enum(['CREATED_DESC', 'UPDATED_DESC', 'ID_DESC', 'KEY_DESC', 'KEY_ASC']).default('ID_DESC')
export type ArtifactSort = z.output<typeof artifactSort>
