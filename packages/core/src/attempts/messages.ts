import { z } from 'zod'
import { logCreate } from '../resources/log.ts'
import { jsonObject, timestamp, uuid } from '../resources/scalars.ts'

/**
 * What a worker and an Aedile server say to each other about attempts: claimed -> intended -> started -> ended ->
 * reported -> removed, or lapsed, or unattended. All under `/aedile/`, which a genuine server answers with 404; then
 * the worker keeps intent and handle in its state directory alone. The rules are in transitions.ts.
 */

/** The header by which a worker or its child names the attempt it belongs to. Proposals of another one are refused. */
export const ATTEMPT_HEADER = 'x-aedile-attempt'

/** How long a lease holds, in seconds; a worker renews it at a third of that. */
export const LEASE_SECONDS = 45
/** How long an unattended attempt may wait for a taker while its child is silent, in seconds. */
export const UNATTENDED_SECONDS = 300
/** An attempt that lapses for the third time in a row crashes its run. */
export const MAX_LAPSES = 3

export const attemptPhase = z.enum(['claimed', 'intended', 'started', 'ended', 'reported', 'removed', 'lapsed', 'unattended'])
export type AttemptPhase = z.output<typeof attemptPhase>

/** A stored attempt as `GET /aedile/attempts` and take-over answer it. */
export const attempt = z.object({
  key: uuid,
  flow_run_id: uuid,
  work_pool_name: z.string().nullable(),
  worker_name: z.string().nullable(),
  /** Where it is in its life. While unattended, `phase_before` says how far it had come. */
  phase: attemptPhase,
  phase_before: attemptPhase.nullable(),
  handle: jsonObject.nullable(),
  outcome: jsonObject.nullable(),
  log_cursor: z.string().nullable(),
  lease_expires: timestamp.nullable(),
  created: timestamp,
  updated: timestamp,
})
export type Attempt = z.output<typeof attempt>

/** `GET /aedile/hello`: who this server is and what it can beyond the Prefect API. */
export const hello = z.object({
  server_id: z.string(),
  version: z.string(),
  capabilities: z.array(z.string()),
  /** How long a lease holds; LEASE_SECONDS when it is not said. A worker renews at a third of it. */
  lease_seconds: z.number().positive().optional(),
})
export type Hello = z.output<typeof hello>
export const ATTEMPTS_CAPABILITY = 'attempts.v1'
/** `POST /work_pools/{name}/render`, and workers that tell the names of their settings with their heartbeats. */
export const RENDER_CAPABILITY = 'render.v1'

/** `POST /aedile/attempts/{key}/intend`. 200 attempt; 409 when the key is not the run's present one or the run is not Pending. */
export const intendBody = z.strictObject({ worker_name: z.string(), handle: jsonObject })
/** `POST /aedile/attempts/{key}/record`: the thing exists; native ids are in the handle. */
export const recordBody = z.strictObject({ worker_name: z.string(), handle: jsonObject })
/**
 * `POST /aedile/attempts/{key}/advance`: lines of output, stored together with the cursor right after them in one unit of
 * work. Sending it again changes nothing when the cursor is stored already, so no line is lost or doubled.
 */
export const advanceBody = z.strictObject({
  worker_name: z.string(),
  log_cursor: z.string(),
  /**
   * The cursor that the lines begin at; null at the beginning. When another one is stored, nothing is: a message of a worker
   * that was killed since may come late. The answer then has the stored one, to go on from.
   */
  after: z.string().nullish(),
  lines: z.array(logCreate).default([]),
})
/** `POST /aedile/attempts/{key}/end`: the thing ended like this. */
export const endBody = z.strictObject({ worker_name: z.string(), outcome: jsonObject })
/** `POST /aedile/attempts/{key}/report`: the run's state was proposed. */
export const reportBody = z.strictObject({ worker_name: z.string() })
/** `POST /aedile/attempts/{key}/remove`: nothing is left of it (or it is kept). */
export const removeBody = z.strictObject({ worker_name: z.string() })
/** `POST /aedile/attempts/{key}/take-over`: this worker reaches the target. 200 attempt; 409 names who attends it. */
export const takeOverBody = z.strictObject({ worker_name: z.string(), targets: z.array(z.string()) })
/** `POST /aedile/attempts/{key}/status`: progress that is no state (pulling, waiting, cannot tell since). */
export const statusBody = z.strictObject({ worker_name: z.string(), phase: z.string(), detail: z.string().nullish() })

/** `POST /aedile/work_pools/{name}/lease`: one renewal for all attempts of a worker. */
export const leaseBody = z.strictObject({
  worker_name: z.string(),
  /** Targets that this worker reaches, so that it is offered what is unattended there. */
  targets: z.array(z.string()),
  attempts: z.array(uuid),
})
export const leaseAnswer = z.object({
  /** Attempts that still are this worker's. */
  held: z.array(uuid),
  /** Attempts that are not: let go of them. */
  lost: z.array(uuid),
  /** Flow runs of held attempts that shall be cancelled. */
  cancelling: z.array(z.object({ flow_run_id: uuid, attempt: uuid })),
  /** Unattended attempts on this worker's targets. */
  unattended: z.array(attempt),
})
export type LeaseAnswer = z.output<typeof leaseAnswer>

/** `GET /aedile/attempts?worker_name=&work_pool_name=`: what a worker that comes back has open (not removed, not lapsed). */
export const attemptsQuery = z.object({ worker_name: z.string(), work_pool_name: z.string().optional() })
