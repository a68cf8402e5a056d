import { z } from 'zod'
import { json, slug, stored, uuid } from './scalars.ts'

const metadata = z.record(z.string(), z.string())

export const artifact = z.object({
  ...stored,
  key: z.string().nullable(),
  type: z.string().nullable(),
  description: z.string().nullable(),
  data: json.nullable(),
  metadata_: metadata.nullable(),
  flow_run_id: uuid.nullable(),
  task_run_id: uuid.nullable(),
})
export type Artifact = z.output<typeof artifact>

export const artifactCreate = z.strictObject({
  key: slug.nullish(),
  type: z.string().nullish(),
  description: z.string().nullish(),
  data: json.nullish(),
  metadata_: metadata.nullish(),
  flow_run_id: uuid.nullish(),
  task_run_id: uuid.nullish(),
})
export type ArtifactCreate = z.input<typeof artifactCreate>

export const artifactUpdate = z.strictObject({
  data: json.nullish(),
  description: z.string().nullish(),
  metadata_: metadata.nullish(),
})

export const artifactCollection = z.object({
  ...stored,
  key: z.string(),
  latest_id: uuid,
  type: z.string().nullable(),
  description: z.string().nullable(),
  data: json.nullable(),
  metadata_: metadata.nullable(),
  flow_run_id: uuid.nullable(),
  task_run_id: uuid.nullable(),
})
