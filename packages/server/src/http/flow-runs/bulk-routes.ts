import { flowRunFilter } from '@aedile/core/filters/flow-run'
import { uuid } from '@aedile/core/resources/scalars'
import { type OrchestrationResult, orchestrationResult, setStateBody } from '@aedile/core/resources/state'
import { z } from 'zod'
import { type ClientFacts, readClientFacts } from '../../orchestration/client-facts.ts'
import { buildProposedState } from '../../orchestration/run-state.ts'
import { setFlowRunState } from '../../orchestration/set-flow-run-state.ts'
import type { Workspace } from '../../workspace.ts'
import { keyedBody, type Route, route } from '../route.ts'
import { deleteFlowRuns } from './delete-flow-runs.ts'
import { searchFlowRuns } from './search.ts'

const BULK_LIMIT = 50
const chosenRuns = { flow_runs: flowRunFilter.optional(), limit: z.int().min(1).max(BULK_LIMIT).default(BULK_LIMIT) }

/** Operations on all flow runs that match, at most fifty at a time. */
export const bulkRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/flow_runs/bulk_delete',
    summary: 'Delete the flow runs that match',
    resource: 'flow-run',
    action: 'delete',
    body: keyedBody(chosenRuns),
    responses: { 200: z.object({ deleted: z.array(uuid) }) },
    async handle({ workspace, body: { flow_runs, limit } }) {
      const runs = await searchFlowRuns(workspace.store, { flow_runs }, 'ID_DESC', { limit, offset: 0 })
      const ids = runs.map(({ id }) => id)
      return { deleted: await deleteFlowRuns(workspace, ids) }
    },
  }),
  route({
    method: 'POST',
    path: '/flow_runs/bulk_set_state',
    summary: 'Propose a state for the flow runs that match',
    resource: 'flow-run',
    action: 'run',
    body: keyedBody({ ...chosenRuns, ...setStateBody.shape }),
    responses: { 200: z.object({ results: z.array(orchestrationResult.extend({ flow_run_id: uuid })) }) },
    async handle({ workspace, principal, request, body: { flow_runs, limit, state, force } }) {
      const client = readClientFacts(request.headers, principal)
      const runs = await searchFlowRuns(workspace.store, { flow_runs }, 'ID_DESC', { limit, offset: 0 })
      const results = []
      for (const { id } of runs) {
        const { status, state: now, details } = await propose(workspace, id, buildProposedState(state), force, client)
        results.push({ flow_run_id: id, status, state: now, details })
      }
      return { results }
    },
  }),
]

/** One run that fails must not keep the others from their state. */
async function propose(
  workspace: Workspace,
  flowRunId: string,
  proposed: ReturnType<typeof buildProposedState>,
  force: boolean,
  client: ClientFacts,
): Promise<OrchestrationResult> {
  try {
    return (await setFlowRunState(workspace, { flowRunId, proposed, force, client })).result
  } catch (error) {
    workspace.log.warn({ error, flowRunId }, 'a state of a bulk operation could not be set')
    const reason = error instanceof Error ? error.message : String(error)
    return { state: null, status: 'ABORT', details: { type: 'abort_details', reason } }
  }
}
