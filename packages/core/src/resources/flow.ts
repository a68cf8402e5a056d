import { z } from 'zod'
import { keyValueLabels, name, stored, tags } from './scalars.ts'

export const flow = z.object({ ...stored, name: z.string(), tags, labels: keyValueLabels.nullable() })
export type Flow = z.output<typeof flow>

export const flowCreate = z.strictObject({ name, tags: tags.default([]), labels: keyValueLabels.nullish() })
export type FlowCreate = z.input<typeof flowCreate>

export const flowUpdate = z.strictObject({ tags: tags.optional() })
export type FlowUpdate = z.input<typeof flowUpdate>
