import { isAedileError } from '@aedile/core/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import type { OrchestrationResult } from '@aedile/core/resources/state'
import { hydrate } from '@aedile/core/templates/hydration'
import { nowMicroseconds } from '@aedile/core/time'
import { writeAnnounced } from '../../orchestration/announce.ts'
import type { StateAnswer } from '../../orchestration/answer.ts'
import type { ClientFacts } from '../../orchestration/client-facts.ts'
import { buildState, type RunState, toWireState } from '../../orchestration/run-state.ts'
import { changeFlowRunState, lockFlowRun, readFlowRunState } from '../../orchestration/set-flow-run-state.ts'
import type { Transaction } from '../../store/store.ts'
import { findFailureInTime } from '../../validation/find-failure-in-time.ts'
import type { Workspace } from '../../workspace.ts'
import { HttpError } from '../route.ts'
import { insertFlowRunInput, readFlowRunInput } from './flow-run-inputs.ts'

/** Resumes a paused run with the input that it waits for. Source: WC 3.5. */
export async function resumeFlowRun(
  workspace: Workspace,
  id: string,
  runInput: JsonObject | null,
  client: ClientFacts,
): Promise<StateAnswer> {
  const answer = await writeAnnounced(workspace, (transaction) => resume(transaction, id, runInput, client))
  if (answer.created) workspace.changes.emit('dispatch', [])
  return answer
}

async function resume(
  transaction: Transaction,
  id: string,
  runInput: JsonObject | null,
  client: ClientFacts,
): Promise<StateAnswer> {
  const run = await lockFlowRun(transaction, id)
  if (run === null) throw new HttpError(404, 'Flow run not found')
  const state = await readFlowRunState(transaction, run.state_id)
  if (state?.type !== 'PAUSED') return refused(null, 'ABORT', 'Cannot resume a flow run that is not paused.')
  const keyset = state.state_details.run_input_keyset
  let input: JsonObject = {}
  if (keyset) {
    const hydrated = await hydrateRunInput(transaction, runInput ?? {})
    if ('reason' in hydrated) return refused(state, 'REJECT', hydrated.reason)
    input = hydrated.input
    const schema = await readFlowRunInput(transaction.db, id, keyset.schema)
    const reason = schema === null ? 'Run input schema not found.' : checkAgainst(schema.value, input)
    if (reason !== null) return refused(state, 'REJECT', reason)
  }
  const proposed = state.state_details.pause_reschedule
    ? buildState({ type: 'SCHEDULED', name: 'Resuming' })
    : buildState({ type: 'RUNNING' })
  const answer = await changeFlowRunState(transaction, { flowRunId: id, proposed, client })
  if (keyset && answer.result.status === 'ACCEPT' && Object.keys(input).length > 0) {
    await insertFlowRunInput(transaction, id, { key: keyset.response, value: JSON.stringify(input), sender: null })
  }
  return answer
}

/** Replaces what the input says in place of a value (`__prefect_kind`). */
async function hydrateRunInput({ db }: Transaction, input: JsonObject): Promise<{ input: JsonObject } | { reason: string }> {
  try {
    const hydrated = await hydrate(input, {
      async readVariable(name) {
        const row = await db.selectFrom('variable').select('value').where('name', '=', name).executeTakeFirst()
        return row === undefined ? null : { value: JSON.parse(row.value) as JsonValue }
      },
    })
    return { input: hydrated }
  } catch (error) {
    if (!isAedileError(error, 'hydration_failed')) throw error
    return { reason: `Error hydrating run input: ${error.message}` }
  }
}

function checkAgainst(schemaText: string, input: JsonObject): string | null {
  let schema: JsonValue
  try {
    schema = JSON.parse(schemaText) as JsonValue
  } catch {
    return 'Run input schema is not valid JSON.'
  }
  const failure = isJsonObject(schema) ? findFailureInTime(input, schema) : null
  return failure && `Reason: ${failure.message}`
}

function refused(state: RunState | null, status: OrchestrationResult['status'], reason: string): StateAnswer {
  const result = { state: state && toWireState(state), status, details: { type: 'abort_details' as const, reason } }
  return { result, created: state !== null && state.timestamp >= nowMicroseconds() }
}
