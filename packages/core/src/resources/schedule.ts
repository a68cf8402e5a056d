import { z } from 'zod'
import { durationSeconds, jsonObject, stored, timestamp, uuid } from './scalars.ts'

/** Every `interval` seconds from `anchor_date`. Source: WC 4.4. */
export const intervalSchedule = z.strictObject({
  interval: durationSeconds.refine((seconds) => seconds > 0, { message: 'interval should be greater than 0 seconds' }),
  anchor_date: timestamp.optional(),
  timezone: z.string().nullish(),
})
/** A cron expression of 5 or 6 fields in an IANA time zone. */
export const cronSchedule = z.strictObject({
  cron: z.string(),
  timezone: z.string().nullish(),
  day_or: z.boolean().default(true),
})
/** An RFC 5545 recurrence of at most 6,500 characters. */
export const rruleSchedule = z.strictObject({
  rrule: z.string().max(6500),
  timezone: z
    .string()
    .nullish()
    .transform((zone) => zone ?? 'UTC'),
})

/** The key `interval`, `cron` or `rrule` decides; there is no `type` field. */
export const schedule = z.union([intervalSchedule, cronSchedule, rruleSchedule])
export type Schedule = z.output<typeof schedule>
export type IntervalSchedule = z.output<typeof intervalSchedule>
export type CronSchedule = z.output<typeof cronSchedule>
export type RRuleSchedule = z.output<typeof rruleSchedule>

export const deploymentSchedule = z.object({
  ...stored,
  deployment_id: uuid.nullable(),
  schedule,
  active: z.boolean(),
  max_scheduled_runs: z.number().int().nullable(),
  parameters: jsonObject,
  slug: z.string().nullable(),
})
export type DeploymentSchedule = z.output<typeof deploymentSchedule>

export const deploymentScheduleCreate = z.strictObject({
  active: z.boolean().default(true),
  schedule,
  max_scheduled_runs: z.number().int().positive().max(50).nullish(),
  parameters: jsonObject.default({}),
  slug: z.string().nullish(),
  replaces: z.string().nullish(),
})
export type DeploymentScheduleCreate = z.input<typeof deploymentScheduleCreate>

export const deploymentScheduleUpdate = z.strictObject({
  active: z.boolean().nullish(),
  schedule: schedule.nullish(),
  max_scheduled_runs: z.number().int().positive().max(50).nullish(),
  parameters: jsonObject.nullish(),
  slug: z.string().nullish(),
  replaces: z.string().nullish(),
})
export type DeploymentScheduleUpdate = z.input<typeof deploymentScheduleUpdate>
