import { z } from 'zod'
import { name, stored, uuid } from './scalars.ts'

/** The part of a global limit that reads and filters show. */
export const globalConcurrencyLimit = z.object({
  ...stored,
  active: z.boolean(),
  name: z.string(),
  limit: z.number().int(),
  active_slots: z.number().int(),
  slot_decay_per_second: z.number(),
})
export type GlobalConcurrencyLimit = z.output<typeof globalConcurrencyLimit>

/** A limit as its creation answers it. */
export const concurrencyLimitV2 = globalConcurrencyLimit.extend({
  denied_slots: z.number().int(),
  avg_slot_occupancy_seconds: z.number(),
})
export type ConcurrencyLimitV2 = z.output<typeof concurrencyLimitV2>

export const concurrencyLimitV2Create = z.strictObject({
  active: z.boolean().default(true),
  name,
  limit: z.number().int().min(0),
  active_slots: z.number().int().min(0).default(0),
  denied_slots: z.number().int().min(0).default(0),
  slot_decay_per_second: z.number().min(0).default(0),
})
export type ConcurrencyLimitV2Create = z.input<typeof concurrencyLimitV2Create>

export const concurrencyLimitV2Update = z.strictObject({
  active: z.boolean().nullish(),
  name: name.nullish(),
  limit: z.number().int().min(0).nullish(),
  active_slots: z.number().int().min(0).nullish(),
  denied_slots: z.number().int().min(0).nullish(),
  slot_decay_per_second: z.number().min(0).nullish(),
})
export type ConcurrencyLimitV2Update = z.input<typeof concurrencyLimitV2Update>

/** The older limit by tag, an adapter over the limit named `tag:<tag>`. */
export const concurrencyLimit = z.object({
  ...stored,
  tag: z.string(),
  concurrency_limit: z.number().int(),
  active_slots: z.array(uuid),
})
export const concurrencyLimitCreate = z.strictObject({ tag: z.string(), concurrency_limit: z.number().int().min(0) })

export const leaseHolder = z.object({ type: z.enum(['flow_run', 'task_run', 'deployment']), id: uuid })
export type LeaseHolder = z.output<typeof leaseHolder>
export const minimalConcurrencyLimit = z.object({ id: uuid, name: z.string(), limit: z.number().int() })
export const leaseDurationSeconds = z.number().min(60).max(86400)
export const leasedLimits = z.object({ lease_id: uuid, limits: z.array(minimalConcurrencyLimit) })
