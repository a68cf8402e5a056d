import { z } from 'zod'
import { json, stored, tags, variableName } from './scalars.ts'

/** Any JSON of at most 5,000 characters. */
export const variableValue = json.refine((value) => JSON.stringify(value).length <= 5000, {
  message: 'Variable value must be less than 5000 characters when serialized',
})
export const variable = z.object({ ...stored, name: z.string(), value: json, tags })
export type Variable = z.output<typeof variable>
export const variableCreate = z.strictObject({
  name: variableName,
  value: variableValue,
  tags: tags.nullish().transform((t) => t ?? []),
})
export type VariableCreate = z.input<typeof variableCreate>
export const variableUpdate = z.strictObject({
  name: variableName.nullish(),
  value: variableValue.optional(),
  tags: tags.nullish(),
})
export type VariableUpdate = z.input<typeof variableUpdate>
