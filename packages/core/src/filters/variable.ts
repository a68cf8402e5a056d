import { z } from 'zod'
import { allTags, anyId, combined, nameFilter } from './criteria.ts'

export const variableFilter = combined({ id: anyId, name: nameFilter, tags: allTags })
export type VariableFilter = z.output<typeof variableFilter>

export const variableSort = z.enum(['CREATED_DESC', 'UPDATED_DESC', 'NAME_DESC', 'NAME_ASC']).default('NAME_ASC')
export type VariableSort = z.output<typeof variableSort>
