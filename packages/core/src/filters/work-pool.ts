import type { z } from 'zod'
import { anyId, anyText, combined } from './criteria.ts'

export const workPoolFilter = combined({ id: anyId, name: anyText, type: anyText })
export type WorkPoolFilter = z.output<typeof workPoolFilter>
