import { z } from 'zod'
import { deployment } from '../resources/deployment.ts'
import { flow } from '../resources/flow.ts'
import { flowRun } from '../resources/flow-run.ts'
import { logCreate } from '../resources/log.ts'
import { jsonObject, timestamp, uuid } from '../resources/scalars.ts'
import { orchestrationResult, stateCreate, stateType } from '../resources/state.ts'

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

/**
 * `POST /aedile/work_pools/{name}/claims`: claims of runs, each by the key of the attempt that it is to begin. The same claim
 * again gets the same answer.
 */
export const claimsBody = z.strictObject({
  worker_name: z.string(),
  claims: z.array(z.strictObject({ flow_run_id: uuid, attempt: uuid })).min(1),
})
/** What became of each claim, and all that is needed to render the runs that were claimed. */
export const claimsAnswer = z.object({
  /** `refusal` says why a run is not the worker's; null when it is. */
  claims: z.array(z.object({ attempt: uuid, refusal: z.string().nullable() })),
  flow_runs: z.array(flowRun),
  flows: z.array(flow),
  deployments: z.array(deployment),
  /** When the pool was changed last: another time than that of the worker's copy means that the copy is old. */
  work_pool_updated: timestamp,
})
export type ClaimsAnswer = z.output<typeof claimsAnswer>

const about = <Step extends string>(step: Step) => ({ step: z.literal(step), attempt: uuid })
/** One message about an attempt. The same one again changes nothing. */
export const attemptMessage = z.discriminatedUnion('step', [
  /**
   * Something will be started under this handle. Refused when the key is not the run's present one, or the run is not Pending;
   * otherwise the run says Submitting and gets these labels, in the same unit of work.
   */
  z.strictObject({ ...about('intend'), handle: jsonObject, labels: z.record(z.string(), z.string()).default({}) }),
  /** The thing exists; native ids are in the handle. With `is_running` a run that is Pending is proposed Running. */
  z.strictObject({
    ...about('record'),
    handle: jsonObject,
    infrastructure_pid: z.string().nullable().default(null),
    is_running: z.boolean().default(false),
  }),
  /**
   * Lines of output, stored together with the cursor right after them in one unit of work. Sending it again changes nothing
   * when the cursor is stored already, so no line is lost or doubled.
   */
  z.strictObject({
    ...about('advance'),
    log_cursor: z.string(),
    /**
     * The cursor that the lines begin at; null at the beginning. When another one is stored, nothing is: a message of a worker
     * that was killed since may come late. The answer then has the stored one, to go on from.
     */
    after: z.string().nullish(),
    lines: z.array(logCreate).default([]),
  }),
  /**
   * The thing ended like this. What the run's state is then to be depends on what it is: the first conclusion for the present
   * state is proposed and, when it is accepted, the attempt is reported in the same unit of work. A conclusion without a state
   * needs none. Where none is for the present state, the worker has to look.
   */
  z.strictObject({
    ...about('end'),
    outcome: jsonObject,
    conclusions: z.array(z.strictObject({ from: z.array(stateType), state: stateCreate.nullable() })).default([]),
  }),
  /** The run's state was proposed. */
  z.strictObject(about('report')),
  /** Nothing is left of it (or it is kept). */
  z.strictObject(about('remove')),
  /** Progress that is no state: pulling, waiting, cannot tell since. */
  z.strictObject({ ...about('status'), phase: z.string(), detail: z.string().nullish() }),
])
export type AttemptMessage = z.output<typeof attemptMessage>
export type AttemptMessageInput = z.input<typeof attemptMessage>

/** `POST /aedile/attempts`: messages of a worker, each answered for itself; those of one attempt are taken in order. */
export const messagesBody = z.strictObject({ worker_name: z.string(), messages: z.array(attemptMessage).min(1) })
/** The answer to one message: the attempt as it stands, or why it was refused. */
export const messageAnswer = z.union([
  /** `proposal` is what became of the state that came with it; null where none was proposed. */
  z.object({ attempt, proposal: orchestrationResult.nullable() }),
  /** 409: the attempt is not this worker's. 404: it is not known here. 503: try again. */
  z.object({ status: z.int(), detail: z.string() }),
])
export type MessageAnswer = z.output<typeof messageAnswer>
/** `POST /aedile/attempts/{key}/take-over`: this worker reaches the target. 200 attempt; 409 names who attends it. */
export const takeOverBody = z.strictObject({ worker_name: z.string(), targets: z.array(z.string()) })
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
