import { z } from 'zod'
import { STATE_TYPES } from '../states.ts'
import { json, timestamp, uuid } from './scalars.ts'

export const stateType = z.enum(STATE_TYPES)

const runInputKeyset = z.object({ description: z.string().nullish(), response: z.string(), schema: z.string() })

/** What a state carries beside its name. Every key is present in responses. Source: WC 6.2. */
export const stateDetails = z.object({
  flow_run_id: uuid.nullable().default(null),
  task_run_id: uuid.nullable().default(null),
  child_flow_run_id: uuid.nullable().default(null),
  scheduled_time: timestamp.nullable().default(null),
  cache_key: z.string().nullable().default(null),
  cache_expiration: timestamp.nullable().default(null),
  deferred: z.boolean().nullable().default(false),
  untrackable_result: z.boolean().nullable().default(false),
  pause_timeout: timestamp.nullable().default(null),
  pause_reschedule: z.boolean().nullable().default(false),
  pause_key: z.string().nullable().default(null),
  run_input_keyset: runInputKeyset.nullable().default(null),
  refresh_cache: z.boolean().nullable().default(null),
  retriable: z.boolean().nullable().default(null),
  transition_id: uuid.nullable().default(null),
  task_parameters_id: uuid.nullable().default(null),
  traceparent: z.string().nullable().default(null),
  deployment_concurrency_lease_id: uuid.nullable().default(null),
})
export type StateDetails = z.output<typeof stateDetails>

export const state = z.object({
  id: uuid,
  type: stateType,
  name: z.string().nullable().default(null),
  timestamp,
  message: z.string().nullable().default(null),
  data: json.nullable().default(null),
  state_details: stateDetails,
})
export type State = z.output<typeof state>

/** A proposed state: the server makes id and timestamp. */
export const stateCreate = z.strictObject({
  type: stateType,
  name: z.string().nullish().describe('The name of the state to create'),
  message: z.string().nullish(),
  data: json.nullish(),
  state_details: z.strictObject(stateDetails.shape).prefault({}),
})
export type StateCreate = z.output<typeof stateCreate>
/** What a client may send as a proposed state. */
export type StateCreateInput = z.input<typeof stateCreate>

export const orchestrationStatus = z.enum(['ACCEPT', 'REJECT', 'WAIT', 'ABORT'])

/** The answer to a proposed state. Source: WC 3.1.1. */
export const orchestrationResult = z.object({
  state: state.nullable(),
  status: orchestrationStatus,
  details: z.discriminatedUnion('type', [
    z.object({ type: z.literal('accept_details') }),
    z.object({ type: z.literal('reject_details'), reason: z.string().nullable().default(null) }),
    z.object({ type: z.literal('abort_details'), reason: z.string().nullable().default(null) }),
    z.object({ type: z.literal('wait_details'), delay_seconds: z.number().int(), reason: z.string().nullable().default(null) }),
  ]),
})
export type OrchestrationResult = z.output<typeof orchestrationResult>

/** Body of `set_state`. */
export const setStateBody = z.object({
  state: stateCreate,
  force: z
    .boolean()
    .nullish()
    .transform((force) => force ?? false),
})
